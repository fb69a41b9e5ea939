import { readFileSync } from "node:fs";
import type { ServeOptions, Server, Socket } from "@framewright/websocket";

/** Options of the program, as JSON on its command line. */
export interface ExitOptions {
  /** Whether messages go to `for await` loops instead of a handler. */
  readonly iterates: boolean;
  /** Time that peers have to answer the Close frame, in milliseconds. */
  readonly timeout: number;
  /** PEM files of a certificate and its key. If set, the server uses TLS. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** The path of the request becomes `socket.data` and chooses what the server does. */
type Path = string;
type Opened = Socket<Path>;

/** In milliseconds: a timer that is left behind keeps the process for longer than a test waits. */
const long = 60_000;

/** Bytes that no compressor makes shorter. */
const noise = new Uint8Array(1_048_576).map(() => Math.floor(Math.random() * 256));
const never = () => new Promise<never>(() => {});
/** Resolves when the server begins to close. */
const closing = Promise.withResolvers<void>();

/** Resolves while the server closes. */
async function later<T>(result: T): Promise<T> {
  await closing.promise;
  return new Promise((resolve) => setTimeout(resolve, 50, result));
}

/**
 * Serves until SIGTERM, closes the server, prints the result, and leaves it to the runtime to end
 * the process.
 */
export async function runExitingServer(
  serve: (options: ServeOptions<Path>) => Promise<Server<Path>>,
): Promise<void> {
  const { iterates, timeout, certFile, keyFile }: ExitOptions = JSON.parse(process.argv[2]);
  const tls =
    certFile === undefined || keyFile === undefined
      ? undefined
      : { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  const server = await serve({
    ...(tls === undefined ? {} : { tls }),
    ...(iterates ? {} : { message: handle }),
    compression: { threshold: 0 },
    handshakeTimeout: long,
    closeTimeout: long,
    idleTimeout: long,
    maxLifetime: long,
    maxBufferedAmount: 64 * noise.length,
    // Most peers do not answer, so that heartbeats are in progress too.
    heartbeat: { interval: 100, timeout: long },
    http: (request) => answer(request.path),
    accept: (request) => decide(request.path),
    open: (socket) => opened(socket, iterates),
  });
  console.log(`listening on ${tls === undefined ? "ws" : "wss"}://127.0.0.1:${server.port}`);
  process.once("SIGTERM", async () => {
    const closed = server.close({ timeout });
    closing.resolve();
    console.log(JSON.stringify(await closed));
  });
}

function answer(path: Path) {
  if (path === "/later") return later({ status: 200, body: "too late" });
  return path === "/page" ? { status: 200, body: page() } : never();
}

function decide(path: Path): Path | Promise<Path> {
  if (path === "/later") return later(path);
  return path === "/pending" ? never() : path;
}

function opened(socket: Opened, iterates: boolean): void {
  if (socket.data === "/paused") socket.pause();
  if (socket.data === "/closing") socket.close(1000);
  if (socket.data === "/flooding") for (let i = 0; i < 32; i++) socket.send(noise);
  if (iterates) void iterate(socket);
}

async function iterate(socket: Opened): Promise<void> {
  for await (const message of socket) {
    socket.send(message);
    if (socket.data === "/stuck") await never();
  }
}

/** Echoes a message and then takes the time that the path says. */
async function handle(socket: Opened, message: string | Uint8Array): Promise<void> {
  socket.send(message);
  if (socket.data === "/slow") await later(undefined);
  if (socket.data === "/stuck") await never();
  if (socket.data === "/drained") {
    for (let i = 0; i < 32; i++) socket.send(noise);
    await socket.drained;
  }
}

function page(): Uint8Array {
  return new Uint8Array(16 * noise.length);
}
