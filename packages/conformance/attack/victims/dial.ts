import { setTimeout as delay } from "node:timers/promises";

/** One attempt to connect. */
export interface Dialled {
  readonly url: string;
  /** In milliseconds, for clients that have such an option. */
  readonly handshakeTimeout: number;
  /** PEM text of the authority to trust. */
  readonly ca: string | undefined;
}

/** What a victim is asked to connect to. */
export interface DialQuestion {
  readonly api: "connect" | "reconnecting" | "WebSocket";
  readonly attempts: readonly Dialled[];
  /** How long an attempt may take until it is given up, in milliseconds. */
  readonly patience: number;
}

/** What became of one attempt. */
export interface DialOutcome {
  /** The code of the rejection and how the socket ended; or the events of the `WebSocket`. */
  readonly what: string;
  readonly milliseconds: number;
}

/** The used part of the standard class. */
interface StandardSocket {
  addEventListener(type: string, listener: (event: object) => void): void;
  close(): void;
}
interface OpenedSocket {
  close(): void;
  readonly closed: Promise<{ statusCode: number }>;
}

/** The clients of one implementation. */
export interface Clients {
  connect?(dialled: Dialled): Promise<OpenedSocket>;
  /** Gives up after the first try. */
  reconnecting?(dialled: Dialled): Promise<OpenedSocket>;
  socket(dialled: Dialled): StandardSocket;
}

/** Time in which an event too many would come, in milliseconds. */
const aftermath = 20;

/** Makes all attempts at once. A socket that opens is closed. */
export function dialAll(
  clients: Clients,
  { api, attempts, patience }: DialQuestion,
): Promise<DialOutcome[]> {
  const open = api === "WebSocket" ? undefined : clients[api];
  const dial = async (dialled: Dialled): Promise<DialOutcome> => {
    const start = performance.now();
    const over = new AbortController();
    const gaveUp = delay(patience, "gave up waiting", { signal: over.signal });
    const what = await Promise.race([
      open === undefined ? eventsOf(clients.socket(dialled)) : connected(open(dialled)),
      gaveUp.catch(() => "unreachable"),
    ]);
    over.abort();
    return { what, milliseconds: performance.now() - start };
  };
  return Promise.all(attempts.map(dial));
}

/** Returns the code of the rejection, or how the socket ended. */
async function connected(connecting: Promise<OpenedSocket>): Promise<string> {
  let socket: OpenedSocket;
  try {
    socket = await connecting;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  socket.close();
  const { statusCode } = await socket.closed;
  return `open, ${statusCode}`;
}

/** Returns all events in order, once there was a `close` and nothing more came. */
function eventsOf(socket: StandardSocket): Promise<string> {
  const events: string[] = [];
  return new Promise((resolve) => {
    socket.addEventListener("open", () => {
      events.push("open");
      socket.close();
    });
    socket.addEventListener("message", () => events.push("message"));
    socket.addEventListener("error", () => events.push("error"));
    socket.addEventListener("close", (event) => {
      events.push(`close ${(event as { code: number }).code}`);
      setTimeout(() => resolve(events.join(", ")), aftermath);
    });
  });
}
