import { type FrameWriter, opcodes, type Role, utf8 } from "../frame-bytes.ts";

/** A whole message or a control frame that has to come back. */
export interface ExpectedFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Bytes that are sent, and what has to come back before the script goes on, in this order. */
export interface Exchange {
  readonly send: readonly Uint8Array[];
  readonly receive: readonly ExpectedFrame[];
}

/** How a connection comes to its end. */
export type Ending =
  /** The closing handshake: the Close frame in `send` is answered with the same status code. */
  | {
      readonly how: "closed";
      readonly send: readonly Uint8Array[];
      /** What comes back before the Close frame. */
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
  /** Default: the peer closes with 1000. */
  readonly ending?: Ending;
}

/**
 * Into which pieces everything that is sent is cut: not at all, into single bytes, or, one connection
 * for each, in two at the positions.
 */
export type Cut = "nowhere" | "everywhere" | readonly number[];

/** One case of the table for open connections. It holds in both roles unless it says otherwise. */
export interface ConnectionCase {
  readonly name: string;
  /** The section of RFC 6455 that asks for it. */
  readonly section: string;
  /** The only role of the subject for which the case makes sense. */
  readonly subject?: Role;
  /** Default: nowhere. */
  readonly cut?: Cut;
  /** The first exchange's bytes follow the opening handshake's in one piece. */
  readonly joinedToHandshake?: boolean;
  script(write: FrameWriter): Script;
}

/** A message in fragments, one frame each. */
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

/** The positions from 1 to the last one. */
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

/** Bytes of which no two neighbourhoods are alike, so that a displaced piece shows. */
export function patternBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8) * 13 + (i >>> 16)) & 0xff);
}

/** ASCII text of a length, of which no two neighbourhoods are alike. */
export function patternText(length: number): string {
  let result = "";
  for (let i = 0; result.length < length; i++) result += `${i.toString(36)},`;
  return result.slice(0, length);
}
