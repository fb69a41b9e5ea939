import { type FrameWriter, opcodes, type Role, utf8 } from "../frame-bytes.ts";

/** A complete message or a control frame that must come back. */
export interface ExpectedFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Bytes to send, and the frames that must come back, in order, before the script continues. */
export interface Exchange {
  readonly send: readonly Uint8Array[];
  readonly receive: readonly ExpectedFrame[];
}

/** How a connection ends. */
export type Ending =
  /** The closing handshake: the Close frame in `send` is answered with the same status code. */
  | {
      readonly how: "closed";
      readonly send: readonly Uint8Array[];
      /** The frames that come back before the Close frame. */
      readonly receive?: readonly ExpectedFrame[];
      readonly statusCode: number | undefined;
      readonly reason: string;
    }
  /** A fault in `send` fails the connection with a status code (RFC 6455 section 7.1.7). */
  | { readonly how: "failed"; readonly send: readonly Uint8Array[]; readonly statusCode: number }
  /** TCP ends after `send`, without a Close frame. */
  | {
      readonly how: "cut off";
      readonly send: readonly Uint8Array[];
      readonly by: "end" | "reset";
    };

/** What the peer of a subject does once the connection is open. */
export interface Script {
  readonly exchanges: readonly Exchange[];
  /** Defaults to closing with 1000. */
  readonly ending?: Ending;
}

/**
 * How to split everything that is sent: not at all, into single bytes, or into two parts at each of
 * the positions, with one connection per position.
 */
export type Cut = "nowhere" | "everywhere" | readonly number[];

/** A case of the table for open connections. It applies to both roles unless `subject` is set. */
export interface ConnectionCase {
  readonly name: string;
  /** The section of RFC 6455 that requires it. */
  readonly section: string;
  /** The only role of the subject to which the case applies. */
  readonly subject?: Role;
  /** Defaults to "nowhere". */
  readonly cut?: Cut;
  /** Whether the first exchange's bytes follow the opening handshake's in one piece. */
  readonly joinedToHandshake?: boolean;
  script(write: FrameWriter): Script;
}

/** Returns the frames of a fragmented message. */
export function fragments(
  write: FrameWriter,
  opcode: number,
  payloads: readonly Uint8Array[],
): Uint8Array[] {
  return payloads.map((payload, index) =>
    write.frame({
      opcode: index === 0 ? opcode : opcodes.continuation,
      fin: index === payloads.length - 1,
      payload,
    }),
  );
}

/** Returns the positions from 1 to the last one. */
export function positions(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

export function text(content: string): ExpectedFrame {
  return { opcode: opcodes.text, payload: utf8(content) };
}

export function binary(payload: Uint8Array): ExpectedFrame {
  return { opcode: opcodes.binary, payload };
}

export function pong(payload: Uint8Array = new Uint8Array(0)): ExpectedFrame {
  return { opcode: opcodes.pong, payload };
}

/** Returns bytes without repeated sections, so that a displaced piece is detected. */
export function patternBytes(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 7 + (i >>> 8) * 13 + (i >>> 16)) & 0xff);
}

/** Returns ASCII text of a length, without repeated sections. */
export function patternText(length: number): string {
  let result = "";
  for (let i = 0; result.length < length; i++) result += `${i.toString(36)},`;
  return result.slice(0, length);
}
