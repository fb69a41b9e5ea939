import type { Handlers, Message, Socket } from "@framewright/websocket";

export type Side = "client" | "server";

/** What both sides of a connection do. */
export interface Talk {
  /** The lengths of the messages that each side sends, in bytes. Every third one is text. */
  readonly client: readonly number[];
  readonly server: readonly number[];
  readonly closer: Side;
  /** Whether the closer closes when it has sent everything, not when it has received everything. */
  readonly closesEarly: boolean;
  readonly compresses: boolean;
}

/** What one side has seen. */
export interface SideOutcome {
  /** How many messages `send` accepted. */
  readonly accepted: number;
  /** How many messages came. */
  readonly received: number;
  /** What came and was not the next message of the peer. */
  readonly wrong: readonly string[];
  /** The calls of the `close` handler. */
  readonly closes: readonly (readonly [statusCode: number, wasClean: boolean])[];
}

/** The message with a number. Both processes know what the other sends. */
function messageOf(number: number, length: number): Message {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = 33 + ((number * 31 + index * (1 + (index >> 9))) % 90);
  }
  return number % 3 === 0 ? new TextDecoder().decode(bytes) : bytes;
}

function areEqual(one: Message, other: Message): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Plays one side of a talk, and records what it sees. */
export class TalkingSide {
  private readonly talk: Talk;
  private readonly side: Side;
  private accepted = 0;
  private received = 0;
  private hasSentAll = false;
  private readonly wrong: string[] = [];
  private readonly closes: [number, boolean][] = [];

  constructor(talk: Talk, side: Side) {
    this.talk = talk;
    this.side = side;
  }

  get outcome(): SideOutcome {
    const { accepted, received, wrong, closes } = this;
    return { accepted, received, wrong, closes };
  }

  readonly handlers: Handlers<never> = {
    open: (socket) => this.sendAll(socket),
    message: (socket, data) => this.take(socket, data),
    close: (_socket, statusCode, _reason, wasClean) => {
      this.closes.push([statusCode, wasClean]);
    },
  };

  private get expected(): readonly number[] {
    return this.talk[this.side === "client" ? "server" : "client"];
  }

  private async sendAll(socket: Socket<never>): Promise<void> {
    for (const [number, length] of this.talk[this.side].entries()) {
      const result = socket.send(messageOf(number, length));
      if (result === "dropped") return;
      this.accepted++;
      // Some messages of a burst, and some alone.
      if (result === "queued" || number % 4 === 3) await socket.drained;
    }
    this.hasSentAll = true;
    this.closeIfDone(socket);
  }

  private take(socket: Socket<never>, data: Message): void {
    if (this.closes.length > 0) this.wrong.push("a message came after the close handler");
    const length = this.expected[this.received];
    if (length === undefined || !areEqual(data, messageOf(this.received, length)))
      this.wrong.push(`message ${this.received}, of ${data.length} bytes`);
    this.received++;
    this.closeIfDone(socket);
  }

  private closeIfDone(socket: Socket<never>): void {
    const { closer, closesEarly } = this.talk;
    if (closer !== this.side || !this.hasSentAll) return;
    if (closesEarly || this.received === this.expected.length) socket.close(1000);
  }
}
