import { once } from "node:events";
import { WebSocket } from "ws";
import type { ServerMessage } from "../../../../examples/chat/protocol.ts";

type Message<Type extends ServerMessage["type"]> = Extract<ServerMessage, { type: Type }>;

/** A person in a room without a browser: a client from the `ws` package. */
export class Guest {
  readonly socket: WebSocket;
  /** Received messages that have not been read. */
  private readonly inbox: ServerMessage[] = [];
  private wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.inbox.push(JSON.parse(String(data)));
      this.wake();
    });
    socket.on("close", () => this.wake());
  }

  /** Opens a connection to a room. Rejects if it is refused. */
  static async open(
    url: string,
    query: Readonly<Record<string, string>>,
    room = "lobby",
  ): Promise<Guest> {
    const guest = new Guest(new WebSocket(address(url, `/rooms/${room}`, query)));
    await once(guest.socket, "open");
    return guest;
  }

  say(text: string): void {
    this.socket.send(JSON.stringify({ type: "say", text }));
  }

  rename(name: string): void {
    this.socket.send(JSON.stringify({ type: "rename", name }));
  }

  /** Returns the next message of a type. Earlier messages of other types are discarded. */
  async next<Type extends ServerMessage["type"]>(type: Type): Promise<Message<Type>> {
    for (;;) {
      const message = this.inbox.shift();
      if (message?.type === type) return message as Message<Type>;
      if (message !== undefined) continue;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${type}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Returns how the connection ends. */
  async end(): Promise<{ statusCode: number; reason: string }> {
    const [statusCode, reason] = await once(this.socket, "close");
    return { statusCode, reason: String(reason) };
  }
}

/** Returns the HTTP status with which an opening handshake is refused. */
export async function refusal(
  url: string,
  path: string,
  query: Readonly<Record<string, string>>,
  origin?: string,
): Promise<number | undefined> {
  const options = origin === undefined ? {} : { origin };
  const socket = new WebSocket(address(url, path, query), options);
  socket.on("error", () => {}); // the refusal
  const [, response] = await once(socket, "unexpected-response");
  socket.terminate();
  return response.statusCode;
}

export function address(url: string, path: string, query: Readonly<Record<string, string>>): URL {
  const made = new URL(`${path}?${new URLSearchParams(query)}`, url);
  made.protocol = "ws:";
  return made;
}
