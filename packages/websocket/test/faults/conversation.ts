import { Buffer } from "node:buffer";
import type { CloseInfo } from "@framewright/codec";
import {
  type Handlers,
  type Message,
  prepare,
  type SendResult,
  type Socket,
} from "@framewright/websocket";

export type Side = "client" | "server";

/** What a side does to its socket. */
export type Action =
  | { readonly do: "send"; readonly as: "text" | "bytes" | "prepared"; readonly length: number }
  | { readonly do: "offer"; readonly length: number }
  | { readonly do: "ping" | "pause" | "resume" | "terminate" | "be busy" | "be free" }
  | { readonly do: "close"; readonly statusCode: number };

/**
 * One side of a conversation: calls its socket's methods, and records what was accepted, what came
 * and how the connection ended.
 */
export class Speaker {
  readonly side: Side;
  socket: Socket | undefined = undefined;
  /** The messages that `send` accepted. */
  readonly accepted: Message[] = [];
  readonly received: Message[] = [];
  /** How often `close` was called before the peer's Close frame was received. */
  closedFirst = false;
  /** The arguments of the `close` handler. */
  readonly closes: (readonly [statusCode: number, wasClean: boolean])[] = [];
  closeInfo: CloseInfo | undefined = undefined;
  /** What must never happen. */
  readonly faults: string[] = [];
  /** What to do in the next handlers, one entry for each. */
  readonly inHandlers: (readonly Action[])[] = [];
  private sentCount = 0;
  private pingCount = 0;
  private lastPong = -1;
  private isBusy = false;
  private isSending = false;
  private readonly releases: (() => void)[] = [];
  private loop: Promise<void> | undefined = undefined;

  constructor(side: Side) {
    this.side = side;
  }

  /** The handlers of the socket. */
  handlers(iterates: boolean): Handlers {
    const handlers: Handlers = {
      open: (socket) => this.opened(socket, iterates),
      pong: (_socket, payload) => this.handle("pong", () => this.ponged(payload)),
      drain: () => this.handle("drain", () => {}),
      dropped: () => this.handle("dropped", () => {}),
      close: (socket, statusCode, _reason, wasClean) => {
        if (socket.bufferedAmount > 0) this.fault("bytes are buffered after the end");
        if (socket.readyState !== "closed") this.fault(`in close: ${socket.readyState}`);
        this.closes.push([statusCode, wasClean]);
      },
      error: (error) => this.fault(`a handler failed: ${error}`),
    };
    if (iterates) return handlers;
    return { ...handlers, message: (_socket, data) => this.messaged(data) };
  }

  /** Does something, unless the socket is not open yet. */
  act(action: Action): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (action.do === "send" || action.do === "offer") this.send(socket, action);
    else if (action.do === "ping") socket.ping(Uint8Array.of(this.pingCount++ & 255));
    else if (action.do === "close") this.close(socket, action.statusCode);
    else if (action.do === "be busy") this.isBusy = true;
    else if (action.do === "be free") this.free();
    else socket[action.do]();
  }

  /** Lets all handlers settle, and messages come. */
  free(): void {
    this.isBusy = false;
    for (const release of this.releases.splice(0)) release();
  }

  /** Resolves when `for await` has got all messages. */
  get hasRead(): Promise<void> | undefined {
    return this.loop;
  }

  private opened(socket: Socket, iterates: boolean): void {
    this.socket = socket;
    void socket.closed.then((info) => {
      this.closeInfo = info;
    });
    if (iterates) this.loop = this.iterate(socket);
    this.actInHandler();
  }

  private async iterate(socket: Socket): Promise<void> {
    for await (const message of socket) {
      this.receive(message);
      this.actInHandler();
      if (this.isBusy) await this.freed();
    }
  }

  private messaged(message: Message): Promise<void> | undefined {
    this.handle("message", () => this.receive(message));
    return this.isBusy ? this.freed() : undefined;
  }

  private handle(name: string, handler: () => void): void {
    if (this.closes.length > 0) this.fault(`${name} after the close handler`);
    handler();
    this.actInHandler();
  }

  private actInHandler(): void {
    for (const action of this.inHandlers.shift() ?? []) this.act(action);
  }

  private freed(): Promise<void> {
    return new Promise((resolve) => this.releases.push(resolve));
  }

  private receive(message: Message): void {
    this.received.push(message);
  }

  private ponged(payload: Uint8Array): void {
    // A late Pong for an earlier Ping of the heartbeat has 4 bytes.
    if (payload.length !== 1) return;
    const number = payload[0];
    if (number <= this.lastPong) this.fault(`pong ${number} after ${this.lastPong}`);
    this.lastPong = number;
  }

  private close(socket: Socket, statusCode: number): void {
    if (socket.readyState === "open") this.closedFirst = true;
    socket.close(statusCode);
  }

  private send(socket: Socket, action: Action & { do: "send" | "offer" }): void {
    // `send` may call handlers before and after it queues its message, which is then not in order
    // with those that they send.
    if (this.isSending) return;
    this.isSending = true;
    const as = action.do === "send" ? action.as : "bytes";
    const message = messageOf(this.sentCount++, action.length, as === "text");
    let result: SendResult | boolean;
    if (action.do === "offer") result = socket.offer(message, 100_000);
    else result = socket.send(as === "prepared" ? prepare(message) : message);
    this.isSending = false;
    if (result === "dropped" || result === false) return;
    this.accepted.push(message);
    if (socket.readyState === "closed") this.fault(`send on a closed socket: ${result}`);
  }

  private fault(text: string): void {
    this.faults.push(`${this.side}: ${text}`);
  }
}

/** Characters that no compressor makes much shorter. */
const noise = Buffer.alloc(300_000);
for (let index = 0, value = 1; index < noise.length; index++) {
  value = (value * 48_271) % 0x7fffffff;
  noise[index] = 32 + (value % 95);
}

/** A message that no other is equal to: half of it is compressible. */
export function messageOf(number: number, length: number, isText: boolean): Message {
  const bytes = Buffer.alloc(Math.max(length, 8), "abcdefgh");
  noise.copy(bytes, 0, (number % 100) * 97, (number % 100) * 97 + Math.floor(length / 2));
  bytes.write(String(number).padStart(8, "0"), "latin1");
  return isText ? bytes.toString("latin1") : new Uint8Array(bytes);
}

/** Whether two messages have the same type and content. */
export function areEqual(one: Message, other: Message): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return Buffer.compare(one, other) === 0;
}

/** Describes what the receiver got and should not have got, in the order of the sender. */
export function deliveryFaults(sender: Speaker, receiver: Speaker): string[] {
  const { accepted } = sender;
  const { received } = receiver;
  const faults: string[] = [];
  const name = `${sender.side} to ${receiver.side}`;
  if (received.length > accepted.length) faults.push(`${name}: more came than was sent`);
  const wrong = received.findIndex(
    (message, index) => index >= accepted.length || !areEqual(message, accepted[index]),
  );
  if (wrong >= 0) faults.push(`${name}: message ${wrong} is not the one that was sent`);
  return faults;
}
