/** One end of an open connection of another implementation, whose peer echoes. */
export interface PeerSocket {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Received messages and the end of the connection. */
  readonly inbox: Inbox;
}

export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** Received messages that have not been read, and readers that wait for messages. */
export class Inbox {
  private readonly messages: (string | Uint8Array)[] = [];
  private readonly readers: PromiseWithResolvers<string | Uint8Array>[] = [];
  private readonly closure = Promise.withResolvers<Closure>();

  get closed(): Promise<Closure> {
    return this.closure.promise;
  }

  push(message: string | Uint8Array): void {
    const reader = this.readers.shift();
    if (reader === undefined) this.messages.push(message);
    else reader.resolve(message);
  }

  end(code: number, reason: string): void {
    this.closure.resolve({ code, reason });
    for (const reader of this.readers.splice(0)) reader.reject(new Error(`closed with ${code}`));
  }

  next(): Promise<string | Uint8Array> {
    const message = this.messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    const reader = Promise.withResolvers<string | Uint8Array>();
    this.readers.push(reader);
    return reader.promise;
  }
}

export const maxMessageSize = 1_048_576;

/** The messages to send, by name. */
const messages: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  text: "Hello, wörld €𝄞",
  binary: new Uint8Array(256).map((_, i) => i),
  "empty text": "",
  "empty binary": new Uint8Array(0),
  "1 MiB of text": "0123456789abcdef".repeat(maxMessageSize / 16),
  "1 MiB of binary": Uint8Array.from(
    { length: maxMessageSize },
    (_, i) => (i * 7 + (i >> 8)) & 255,
  ),
};

/** Sends messages of every kind. Returns whether each was echoed unchanged. */
export async function converse({ send, inbox }: PeerSocket): Promise<Record<string, boolean>> {
  const came: Record<string, boolean> = {};
  for (const [name, message] of Object.entries(messages)) {
    send(message);
    came[name] = isSame(await inbox.next(), message);
  }
  const burst = Array.from({ length: 1_000 }, (_, i) => `message ${i}`);
  for (const message of burst) send(message);
  let inOrder = 0;
  for (const message of burst) if (isSame(await inbox.next(), message)) inOrder++;
  came["a burst of 1,000"] = inOrder === burst.length;
  return came;
}

/** Returns whether two messages are equal. */
export function isSame(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Prints a line of JSON for the test that runs this script. */
export function report(line: object): void {
  console.log(JSON.stringify(line));
}

/** The part of the standard WebSocket interface that is used here. `ws` and undici have it too. */
export interface StandardWebSocket {
  binaryType: string;
  readonly protocol: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: each implementation has its own event types
  addEventListener(type: any, listener: (event: any) => void): void;
}

/** Wraps a socket with the standard interface. */
export function standardPeer(socket: StandardWebSocket): PeerSocket {
  const inbox = new Inbox();
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) =>
    inbox.push(typeof data === "string" ? data : new Uint8Array(data)),
  );
  socket.addEventListener("close", ({ code, reason }: Closure) => inbox.end(code, reason));
  return {
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    inbox,
  };
}
