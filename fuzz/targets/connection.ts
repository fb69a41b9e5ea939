import type { Connection } from "../../packages/codec/src/connection/connection.ts";
import { ConnectionEvent } from "../../packages/codec/src/connection/events.ts";
import { hex } from "../../packages/codec/test/bytes.ts";
import { openConnection, takeOutput } from "../../packages/codec/test/connection/drive.ts";
import { Choices } from "../input/choices.ts";
import { readReceiverChoices } from "../input/receiver-options.ts";
import { cutWire, readWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { type Behaviour, ReferenceConnection } from "../reference/connection.ts";
import { heldBytes, mostHeld, Scales } from "../reference/memory.ts";
import { type ReceiverOptions, readAll } from "../reference/receiver.ts";
import { checkSent } from "../reference/sent.ts";

export { frameDictionary as dictionary } from "../input/dictionaries.ts";

/** How bytes are passed; see `Manner` in decoder.ts. */
const Manner = { Patient: 0, Retaining: 1, Hurried: 2 } as const;
type Manner = (typeof Manner)[keyof typeof Manner];

/** Unread bytes are copied with each following chunk, so their number is limited. */
const mostUnread = 2000;

interface User extends Behaviour {
  /** Maximum number of bytes taken from the output at once. */
  writeSize: number;
  /** Frames per turn when the bytes arrive in chunks. */
  maxFramesPerTurn: number;
}

const turnLengths = [2 ** 30, 1, 2, 5];

/**
 * With any bytes in any chunks, a connection behaves as the reference does with all bytes at once.
 */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const { options: chosen, scripted, chunkSizes } = readReceiverChoices(choices);
  const options = { ...chosen, rsv1Negotiated: false }; // there is no extension
  const manner = (choices.byte() % 3) as Manner;
  const user = readUser(choices);
  const wire = readWire(choices, options.role, scripted);

  const whole = new Run(options, { ...user, maxFramesPerTurn: 2 ** 30 }, Manner.Patient);
  whole.receiveAll([wire.slice()]);
  checkAgainstReference(whole, wire, options, user);
  const pieces = new Run(options, user, manner);
  pieces.receiveAll(cutWire(wire, chunkSizes));
  checkSame(pieces.events.join("\n"), whole.events.join("\n"), "chunks change the events");
  checkSame(hex(pieces.output), hex(whole.output), "chunks change the output");
}

function readUser(choices: Choices): User {
  const flags = choices.byte();
  const ending = choices.byte();
  return {
    echo: (flags & 1) !== 0,
    pingEvery: (flags >> 1) & 3,
    flushEvery: (flags >> 3) & 3,
    writeSize: [2 ** 31, 7, 1000, 4096][(flags >> 5) & 3],
    closeAfter: ending & 15,
    maxFramesPerTurn: turnLengths[(ending >> 4) & 3],
  };
}

function checkAgainstReference(
  run: Run,
  wire: Uint8Array,
  options: ReceiverOptions,
  user: User,
): void {
  const reading = readAll(wire, options);
  const fault = run.fault ?? "none";
  const reference = new ReferenceConnection(user);
  reference.receive(reading, reading.faults.includes(fault) ? fault : (reading.faults[0] ?? ""));
  reference.end();
  checkSame(run.events.join("\n"), reference.events.join("\n"), "the events differ");
  checkSent(run.output, options.role, reference, run.fault !== undefined);
}

/** A connection and its user. */
class Run {
  readonly events: string[] = [];
  output: Uint8Array = new Uint8Array(0);

  private readonly connection: Connection;
  private readonly options: ReceiverOptions;
  private readonly user: User;
  private readonly manner: Manner;
  private readonly written: Uint8Array[] = [];
  private received = 0;
  private readonly scales = new Scales();

  constructor(options: ReceiverOptions, user: User, manner: Manner) {
    this.options = options;
    this.user = user;
    this.manner = manner;
    const { maxFramesPerTurn } = user;
    this.connection = openConnection(options.role, { ...options, maxFramesPerTurn });
  }

  /** Error code of the fault that ended the connection. */
  get fault(): string | undefined {
    return (this.connection.closed?.error as { code?: string } | undefined)?.code;
  }

  receiveAll(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.receive(chunk);
    this.takeEvents();
    this.flush();
    this.connection.end();
    this.takeEvents();
    this.checkIsOver();
    this.flush();
    this.output = Buffer.concat(this.written);
  }

  private receive(chunk: Uint8Array): void {
    const { connection } = this;
    connection.receive(chunk);
    this.received += chunk.length;
    if (this.manner !== Manner.Patient && !this.takeEvent()) return;
    if (this.manner === Manner.Hurried && connection.unread < mostUnread) return;
    if (this.manner === Manner.Retaining) {
      connection.retainInput();
      chunk.fill(0xee);
    }
    this.takeEvents();
    // The chunk is returned, so anything kept must have been copied.
    chunk.fill(0xee);
    const most = mostHeld(this.received, this.options.maxMessageSize);
    this.scales.weigh(connection, this.received, most);
  }

  /** Each frame has at least two bytes and causes at most one event. The end causes one as well. */
  private takeEvents(): void {
    const most = this.connection.unread / 2 + 2;
    for (let events = 0; this.takeEvent(); events++) {
      check(events <= most, "the connection has too many events for its bytes");
    }
    check(this.connection.unread === 0, "unread bytes are left without an event");
  }

  private takeEvent(): boolean {
    const { connection, user } = this;
    const event = this.nextEvent();
    if (event === ConnectionEvent.NeedData) return false;
    this.events.push(describeEvent(connection, event));
    if (event === ConnectionEvent.Closed) return true;
    const number = this.events.length;
    const open = connection.state === 0;
    if (event === ConnectionEvent.Message && user.echo) {
      check(connection.send(connection.message) === open, "send returned a wrong result");
    }
    if (user.pingEvery > 0 && number % user.pingEvery === 0) {
      check(connection.ping(new Uint8Array([0x70])) === open, "ping returned a wrong result");
    }
    if (number === user.closeAfter) {
      check(connection.close(1000, "bye") === open, "close returned a wrong result");
    }
    if (user.flushEvery > 0 && number % user.flushEvery === 0) this.flush();
    return true;
  }

  /** Returns the next event, starting as many turns as needed. */
  private nextEvent(): ConnectionEvent {
    const { connection } = this;
    for (;;) {
      const event = connection.next();
      if (event !== ConnectionEvent.Yield) return event;
      check(connection.next() === event, "next continued without a new turn");
      if (this.manner === Manner.Retaining) connection.retainInput();
      connection.startTurn();
    }
  }

  private flush(): void {
    const waiting = this.connection.bufferedAmount;
    const taken = takeOutput(this.connection, this.user.writeSize);
    check(taken.length >= waiting, "the output is shorter than bufferedAmount");
    check(this.connection.bufferedAmount === 0, "bytes are queued after all output was taken");
    this.connection.releaseOutput();
    this.written.push(taken);
  }

  private checkIsOver(): void {
    const { connection } = this;
    const { state, bufferedAmount } = connection;
    connection.receive(new Uint8Array([0x81, 0x01, 0x61, 0x88, 0x00]));
    connection.end();
    check(connection.next() === ConnectionEvent.NeedData, "an event follows Closed");
    check(!connection.send("x") && !connection.close(1000), "a frame is sent after Closed");
    check(!connection.ping(new Uint8Array(0)), "a Ping is sent after Closed");
    check(connection.state === state, "the state changes after Closed");
    check(connection.bufferedAmount === bufferedAmount, "bufferedAmount changes after Closed");
    check(heldBytes(connection) <= mostHeld(0, 0), `${heldBytes(connection)} bytes are kept`);
  }
}

function describeEvent(connection: Connection, event: ConnectionEvent): string {
  const { message, payload, closed } = connection;
  if (event === ConnectionEvent.Message) {
    return typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`;
  }
  if (event === ConnectionEvent.Ping) return `ping ${hex(payload)}`;
  if (event === ConnectionEvent.Pong) return `pong ${hex(payload)}`;
  check(closed !== undefined, "Closed without details");
  const { statusCode, reason, wasClean, error } = closed;
  if (error === undefined) return `closed ${statusCode} "${reason}"${wasClean ? " clean" : ""}`;
  return `closed ${statusCode} ${(error as { code?: string }).code}${wasClean ? " clean" : ""}`;
}
