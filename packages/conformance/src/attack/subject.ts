import { readFileSync } from "node:fs";
import type {
  CommonOptions,
  ConnectOptions,
  ServeOptions,
  Server,
  Socket,
} from "@framewright/websocket";
import { modes } from "./modes/table.ts";

/** What `accept` made of the query of the client's request. */
export type Query = URLSearchParams;
export type SubjectSocket = Socket<Query>;

/** The functions of the transport package under test. */
export interface Transports {
  serve(options: ServeOptions<Query>): Promise<Server<Query>>;
  connect(url: string, options: ConnectOptions<Query>): Promise<SubjectSocket>;
}

/** What a test may set; the rest keeps its default. */
export interface SubjectOptions extends CommonOptions {
  /** In bytes. */
  maxReceiveMemory?: number;
  /** Files with the PEM texts of a certificate and its key: the server then speaks TLS. */
  certFile?: string;
  keyFile?: string;
}

/** How one connection ended. */
export interface RecordedClose {
  /** The `id` of the request's query, or "". */
  readonly id: string;
  readonly statusCode: number;
  readonly wasClean: boolean;
  /** The code of the error behind it, if there is one. */
  readonly errorCode?: string;
}

/** What the subject answers to `GET /state`. */
export interface SubjectState {
  readonly clients: number;
  /** The messages of the errors that the `error` handler got. */
  readonly errors: string[];
  readonly closes: RecordedClose[];
  /** What the mode wrote down. */
  readonly notes: string[];
  /** How late a timer was at most since the last question, in milliseconds. */
  readonly timerDelay: number;
}

/** What a mode is made from. */
export interface Subject {
  readonly options: SubjectOptions;
  /** Writes something down for the test. */
  note(text: string): void;
  /** The server, once it listens. */
  server(): Server<Query>;
}

/** The handlers and options of a server for one kind of attack. */
export type Mode = (subject: Subject) => ServeOptions<Query>;

/** How often the subject looks how late its timer is, in milliseconds. */
const timerInterval = 10;

/** Runs the server of the mode that the command line names, with the options that follow it as JSON. */
export async function runSubject({ serve }: Pick<Transports, "serve">): Promise<void> {
  const [name, json = "{}"] = process.argv.slice(2);
  const { certFile, keyFile, ...options }: SubjectOptions = JSON.parse(json);
  const errors: string[] = [];
  const closes: RecordedClose[] = [];
  const notes: string[] = [];
  let server: Server<Query> | undefined;
  const timer = new TimerWatch();
  const subject: Subject = {
    options,
    note: (text) => void notes.push(text),
    server: () => server as Server<Query>,
  };
  const mode = modes[name as keyof typeof modes](subject);
  const state = (): SubjectState => ({
    clients: server?.clients.size ?? 0,
    errors,
    closes,
    notes,
    timerDelay: timer.takeLongestDelay(),
  });
  server = await serve({
    error: (error) => void errors.push(error instanceof Error ? error.message : String(error)),
    accept: (request) => new URLSearchParams(request.query),
    ...options,
    ...tls(certFile, keyFile),
    ...mode,
    close(socket, statusCode, reason, wasClean) {
      void recordClose(socket, closes);
      return mode.close?.(socket, statusCode, reason, wasClean);
    },
    http(request) {
      if (request.path === "/memory") return { status: 200, body: JSON.stringify(memoryInUse()) };
      if (request.path !== "/state" && mode.http !== undefined) return mode.http(request);
      return { status: 200, body: JSON.stringify(state()) };
    },
  });
  const scheme = certFile === undefined ? "ws" : "wss";
  console.log(`listening on ${scheme}://127.0.0.1:${server.port}`);
}

async function recordClose(socket: SubjectSocket, closes: RecordedClose[]): Promise<void> {
  const { statusCode, wasClean, error } = await socket.closed;
  const errorCode = (error as { code?: string } | undefined)?.code;
  const id = socket.data.get("id") ?? "";
  closes.push({ id, statusCode, wasClean, ...(errorCode === undefined ? {} : { errorCode }) });
}

function tls(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined || keyFile === undefined) return {};
  return { tls: { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") } };
}

/** Collects garbage, as the runtime was started to allow; what is left of the heap and outside of it, in bytes. */
function memoryInUse(): number {
  const isBun = "Bun" in globalThis;
  if (isBun) Bun.gc(true);
  else (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  // Bun counts what is outside of the heap in both.
  return isBun ? heapUsed : heapUsed + external;
}

/** Sees how long the event loop is kept from a timer that is due. */
class TimerWatch {
  private last = performance.now();
  private longest = 0;

  constructor() {
    setInterval(() => {
      const now = performance.now();
      this.longest = Math.max(this.longest, now - this.last - timerInterval);
      this.last = now;
    }, timerInterval);
  }

  takeLongestDelay(): number {
    const longest = this.longest;
    this.longest = 0;
    return longest;
  }
}
