/** One end of an open WebSocket connection of somebody else's making, against an echo. */
export interface PeerSocket {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Messages and the end, as they come. */
  readonly inbox: Inbox;
}

export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** What has come and nobody has asked for, and who has asked for what has not come. */
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

/** What is sent, by name. */
const messages: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  text: "Hello, wörld €𝄞",
  binary: Uint8Array.from({ length: 256 }, (_, i) => i),
  "empty text": "",
  "empty binary": new Uint8Array(0),
  "1 MiB of text": "0123456789abcdef".repeat(maxMessageSize / 16),
  "1 MiB of binary": Uint8Array.from(
    { length: maxMessageSize },
    (_, i) => (i * 7 + (i >> 8)) & 255,
  ),
};

/** Sends messages of every kind, and tells of each whether it came back as it was. */
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

/** Whether a message is the same as another. */
export function isSame(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Says something to the test that runs this script. */
export function report(line: object): void {
  console.log(JSON.stringify(line));
}

/** The part of the standard's WebSocket that is used here; `ws` and undici have it too. */
export interface StandardWebSocket {
  binaryType: string;
  readonly protocol: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: each implementation has event types of its own
  addEventListener(type: any, listener: (event: any) => void): void;
}

/** Wraps a socket that is like the standard's. */
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
