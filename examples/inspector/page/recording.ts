import {
  ConnectionInspector,
  type Fault,
  type InspectedFrame,
  type InspectedHandshake,
  type Sender,
} from "@framewright/codec/inspect";
import { PakoInflator } from "./inflator.ts";

/** Bytes that an endpoint sent. */
export interface Piece {
  readonly from: Sender;
  readonly bytes: Uint8Array;
}

/** How compressed messages are read; see the select in `index.html`. */
export const deflateModes = ["auto", "takeover", "alone", "negotiated"] as const;
export type DeflateMode = (typeof deflateModes)[number];

/** A frame, who sent it and all of its bytes. */
export interface Item {
  readonly from: Sender;
  readonly frame: InspectedFrame;
}

/** Bytes of all pieces together, at most. */
export const maxLength = 4_194_304;
/** Frames that are listed. More would make the page slow. */
export const maxItems = 2_000;

/** The frames of a connection, from pieces of both directions. */
export class Recording {
  readonly pieces: Piece[] = [];
  readonly items: Item[] = [];
  /** Whether bytes or frames were left out, because there are too many. */
  isCut = false;
  /** Whether permessage-deflate is assumed, because RSV1 is set and no handshake says so. */
  isDeflateAssumed = false;
  readonly mode: DeflateMode;
  private inspector: ConnectionInspector;
  private length = 0;

  constructor(mode: DeflateMode, pieces: readonly Piece[] = []) {
    this.mode = mode;
    this.inspector = inspectorFor(mode);
    for (const piece of pieces) this.append(piece);
  }

  /** The opening handshakes that precede the frames. */
  get handshakes(): readonly InspectedHandshake[] {
    const { fromClient, fromServer } = this.inspector;
    return [fromClient.handshake, fromServer.handshake].filter((one) => one !== undefined);
  }

  /** Faults of the ends of both directions. */
  get endFaults(): readonly Fault[] {
    return [...this.inspector.fromClient.endFaults, ...this.inspector.fromServer.endFaults];
  }

  /** Adds received bytes. Returns the new frames. */
  append(piece: Piece): readonly Item[] {
    if (this.length + piece.bytes.length > maxLength || this.items.length >= maxItems) {
      this.isCut = true;
      return [];
    }
    this.length += piece.bytes.length;
    this.pieces.push(piece);
    this.inspector.push(piece.from, piece.bytes);
    return this.drain();
  }

  /** No more bytes follow: what is incomplete becomes an item. */
  end(): void {
    this.inspector.end();
    this.drain();
    if (this.mode === "auto" && !this.isDeflateAssumed && this.needsDeflate()) this.assumeDeflate();
  }

  /** All bytes of an item's frame, as received. */
  bytesOf({ from, frame }: Item): Uint8Array {
    const stream = joined(this.pieces.filter((piece) => piece.from === from));
    return stream.slice(frame.offset, frame.offset + frame.header.length + frame.receivedLength);
  }

  /** The pieces with other bytes in place of an item's frame. */
  replaced({ from, frame }: Item, bytes: Uint8Array): Piece[] {
    const end = frame.offset + frame.header.length + frame.receivedLength;
    return spliced(this.pieces, from, frame.offset, end, bytes);
  }

  private drain(): readonly Item[] {
    const before = this.items.length;
    for (let item = this.inspector.next(); item !== undefined; item = this.inspector.next()) {
      if (this.items.length >= maxItems) {
        this.isCut = true;
        break;
      }
      this.items.push(item);
    }
    return this.items.slice(before);
  }

  private needsDeflate(): boolean {
    if (this.handshakes.length > 0) return false;
    return this.items.some(({ frame }) => frame.rsv1 && (frame.opcode === 1 || frame.opcode === 2));
  }

  private assumeDeflate(): void {
    this.isDeflateAssumed = true;
    this.inspector.close();
    this.inspector = inspectorFor("takeover");
    this.items.length = 0;
    for (const { from, bytes } of this.pieces) {
      this.inspector.push(from, bytes);
      this.drain();
    }
    this.inspector.end();
    this.drain();
  }
}

function inspectorFor(mode: DeflateMode): ConnectionInspector {
  const openInflator = (windowBits: number) => new PakoInflator(windowBits);
  if (mode === "auto" || mode === "negotiated") return new ConnectionInspector({ openInflator });
  const deflate = { contextTakeover: mode === "takeover" };
  return new ConnectionInspector({ openInflator, deflate });
}

/** Tells who sent bytes of which only the start is known: clients mask their frames. */
export function likelySender(bytes: Uint8Array): Sender {
  const start = String.fromCharCode(...bytes.subarray(0, 5));
  if (start.startsWith("GET ")) return "client";
  if (start === "HTTP/") return "server";
  return (bytes[1] & 0x80) === 0 ? "server" : "client";
}

function joined(pieces: readonly Piece[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, { bytes }) => length + bytes.length, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

/** Replaces the bytes from `start` to `end` of what one endpoint sent. */
function spliced(
  pieces: readonly Piece[],
  from: Sender,
  start: number,
  end: number,
  bytes: Uint8Array,
): Piece[] {
  const result: Piece[] = [];
  let at = 0;
  let isInserted = false;
  for (const piece of pieces) {
    if (piece.from !== from) {
      result.push(piece);
      continue;
    }
    const [first, last] = [at, at + piece.bytes.length];
    at = last;
    if (last <= start || first >= end) {
      result.push(piece);
      continue;
    }
    const before = piece.bytes.slice(0, Math.max(start - first, 0));
    const after = piece.bytes.slice(Math.min(end - first, piece.bytes.length));
    const parts = [before, isInserted ? new Uint8Array(0) : bytes, after];
    isInserted = true;
    const all = joined(parts.map((part) => ({ from, bytes: part })));
    if (all.length > 0) result.push({ from, bytes: all });
  }
  return result;
}
