import type { Server } from "@framewright/websocket";
import { memoryInUse } from "./memory-in-use.ts";
import { modes } from "./modes/table.ts";
import type {
  Query,
  RecordedClose,
  Subject,
  SubjectOptions,
  SubjectSocket,
  SubjectState,
  Transports,
} from "./subject-types.ts";

/** Interval of the timer whose delay is measured, in milliseconds. */
const timerInterval = 10;

/** Runs the server of the mode named on the command line, with the options that follow as JSON. */
export async function runSubject({ serve }: Pick<Transports, "serve">): Promise<void> {
  const [name, json = "{}"] = process.argv.slice(2);
  const options: SubjectOptions = JSON.parse(json);
  const errors: string[] = [];
  const closes: RecordedClose[] = [];
  const notes: string[] = [];
  let server: Server<Query> | undefined;
  const timer = new TimerWatch();
  const subject: Subject = {
    options,
    serve,
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
  console.log(`listening on ws://127.0.0.1:${server.port}`);
}

async function recordClose(socket: SubjectSocket, closes: RecordedClose[]): Promise<void> {
  const { statusCode, wasClean, error } = await socket.closed;
  const errorCode = (error as { code?: string } | undefined)?.code;
  const id = socket.data.get("id") ?? "";
  closes.push({ id, statusCode, wasClean, ...(errorCode === undefined ? {} : { errorCode }) });
}

/** Measures how long the event loop delays a timer. */
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
