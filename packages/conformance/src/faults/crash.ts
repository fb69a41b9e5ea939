import type {
  ConnectOptions,
  ServeOptions,
  Server,
  ServerStats,
  Socket,
} from "@framewright/websocket";

/** The functions of the transport package under test. */
interface CrashTransports {
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options: ConnectOptions): Promise<Socket>;
}

/** How many connections the server allows one client. */
export const maxConnections = 200;

/** What the server answers to a GET request. */
export interface ServerFigures
  extends Pick<
    ServerStats,
    "openConnections" | "pendingHandshakes" | "accepted" | "bufferedAmount"
  > {
  readonly subscribers: number;
  readonly receiveMemory: number;
  readonly countedOutput: number;
  /** How many `close` handlers were called, by status code. */
  readonly closes: Readonly<Record<string, number>>;
}

/** What a client's process prints when all its connections have ended. */
export interface ClientFigures {
  /** How many close events there were, by status code, whether clean, and the error's code. */
  readonly closes: Readonly<Record<string, number>>;
  /** How often the promise `closed` was resolved. */
  readonly closed: number;
}

/** Runs a server, or the clients of the URL on the command line. */
export function runCrashSubject({ serve, connect }: CrashTransports): Promise<void> {
  const [url, count = "0"] = process.argv.slice(2);
  return url === undefined ? runServer(serve) : runClients(connect, url, Number(count));
}

/**
 * Echoes messages and publishes to all clients. Not all messages are whole, or read, at the moment
 * at which a process is killed.
 */
async function runServer(serve: CrashTransports["serve"]): Promise<void> {
  const closes: Record<string, number> = {};
  const server = await serve({
    compression: { threshold: 0 },
    perClient: { connections: maxConnections },
    maxBufferedAmount: 1_048_576,
    whenFull: "drop",
    open: (socket) => void socket.subscribe("all"),
    message: (socket, data) => void socket.send(data),
    close(_socket, statusCode) {
      closes[statusCode] = (closes[statusCode] ?? 0) + 1;
    },
    http: () => ({ status: 200, body: JSON.stringify(figuresOf(server, closes)) }),
  });
  const news = "news ".repeat(1_000);
  setInterval(() => server.publish("all", news), 50);
  console.log(`listening on ws://127.0.0.1:${server.port}`);
}

/** The parts of a server that are no part of its interface. */
interface ServerInternals {
  readonly settings: {
    readonly shared: {
      readonly backlog: { readonly amount: number };
      readonly receiveMemory: { readonly used: number };
    };
  };
}

function figuresOf(server: Server, closes: Readonly<Record<string, number>>): ServerFigures {
  const { openConnections, pendingHandshakes, accepted, bufferedAmount } = server.stats();
  const { shared } = (server as unknown as ServerInternals).settings;
  return {
    openConnections,
    pendingHandshakes,
    accepted,
    bufferedAmount,
    subscribers: server.subscriberCount("all"),
    receiveMemory: shared.receiveMemory.used,
    countedOutput: shared.backlog.amount,
    closes,
  };
}

/**
 * Opens connections, prints "open", sends a message after each echo until they have ended, prints the
 * figures, and leaves it to the runtime to end the process.
 */
async function runClients(
  connect: CrashTransports["connect"],
  url: string,
  count: number,
): Promise<void> {
  const closes: Record<string, number> = {};
  const message = new Uint8Array(5_000).map((_, index) => (index * index) & 255);
  const sockets: Socket[] = [];
  const options: ConnectOptions = {
    compression: { threshold: 0 },
    message(socket, data) {
      // Not at once, or there would be no time for anything else.
      if (typeof data !== "string") setTimeout(() => socket.send(message), 20);
    },
    close(_socket, statusCode, _reason, wasClean) {
      const how = `${statusCode} ${wasClean}`;
      closes[how] = (closes[how] ?? 0) + 1;
    },
  };
  for (let opened = 0; opened < count; opened += 20) {
    const next = Array.from({ length: Math.min(20, count - opened) }, () => connect(url, options));
    sockets.push(...(await Promise.all(next)));
  }
  for (const socket of sockets) socket.send(message);
  console.log("open");
  const infos = await Promise.all(sockets.map((socket) => socket.closed));
  const figures: ClientFigures = { closes, closed: infos.length };
  // Whether there are further close events.
  setTimeout(() => console.log(JSON.stringify(figures)), 100);
}
