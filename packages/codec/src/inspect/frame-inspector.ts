import { joinBytes, noBytes } from "../bytes/bytes.ts";
import { rangeError, shownValue } from "../errors.ts";
import { maxFrameHeaderLength } from "../frame/header.ts";
import { maxControlPayloadLength, type Role } from "../frame/rules.ts";
import type { HttpHead } from "../handshake/http-head.ts";
import { Opcode } from "../opcode.ts";
import { type Fault, faultOf, rules } from "./fault.ts";
import { HandshakeReading, handshakeKind, type InspectedHandshake } from "./handshake-reading.ts";
import { headerFaults } from "./header-faults.ts";
import { headerLengthOf, readHeaderValues } from "./header-layout.ts";
import { type InspectedDeflate, MessageInflation, type OpenInflator } from "./message-inflation.ts";
import { MessageTracker } from "./message-tracker.ts";
import { cutFrame, type InspectedFrame, OpenFrame } from "./open-frame.ts";

/** How the frames of one direction are inspected. */
export interface InspectorOptions {
  /**
   * The receiver's role: a server's frames come from a client and must be masked. Default: from the
   * opening handshake, if there is one, else from the MASK bit of the first frame.
   */
  readonly role?: Role | undefined;
  /**
   * How many bytes of a frame's payload are kept, at least 125. Default 65,536: more than a person
   * reads, and enough for the examples of RFC 6455.
   */
  readonly maxPayloadLength?: number | undefined;
  /**
   * How many bytes of a message are kept, and length of the longest compressed message, before and
   * after decompression, that is decompressed. Default 1,048,576: a compressed message can be a
   * thousand times longer than its frames.
   */
  readonly maxMessageLength?: number | undefined;
  /**
   * Whether an opening handshake may precede the frames. It is recognised by its first bytes, which
   * start no legal frame. Default false.
   */
  readonly handshake?: boolean | undefined;
  /**
   * The negotiated permessage-deflate (RFC 7692) of this direction. Default: that of the handshake's
   * response in this direction, else none. Can be set later by `useDeflate`.
   */
  readonly deflate?: InspectedDeflate | undefined;
  /**
   * Opens a decompressor, as `Compressors.openInflator` does. Default: compressed messages are not
   * decompressed. It must not throw.
   */
  readonly openInflator?: OpenInflator | undefined;
}

const defaultPayloadLength = 65_536;
const defaultMessageLength = 1_048_576;

/**
 * Inspects the frames that one endpoint sent, legal or not, for a debugger (RFC 6455 section 5). It
 * reports faults as values and goes on with the next frame. It never throws for received bytes. It
 * holds part of one frame and of one message, both bounded.
 *
 * @example
 * const inspector = new FrameInspector({ role: "server" });
 * inspector.push(bytes);
 * inspector.end();
 * for (let frame = inspector.next(); frame !== undefined; frame = inspector.next()) {
 *   console.log(frame.opcode, frame.unmasked, frame.faults);
 * }
 */
export class FrameInspector {
  /** The receiver's role, once it is known. */
  role: Role | undefined;
  /** The opening handshake that preceded the frames, once it was received. */
  handshake: InspectedHandshake | undefined = undefined;
  /** Faults of the end of the stream, which belong to no frame; set when `next` has reached it. */
  endFaults: readonly Fault[] = [];
  /** The request that a response is checked against: `requestHead` of the other direction. */
  request: HttpHead | undefined = undefined;

  private readonly maxPayloadLength: number;
  private readonly maxMessageLength: number;
  private readonly openInflator: OpenInflator | undefined;
  private readonly tracker: MessageTracker;
  private inflation: MessageInflation | undefined = undefined;
  private rsv1Negotiated = false;
  private reading: HandshakeReading | "expected" | undefined;
  /** Whether the bytes after the handshake are no frames, because it failed. */
  private isRefused = false;
  private chunk: Uint8Array = noBytes;
  private cursor = 0;
  /** How many bytes precede the chunk. */
  private before = 0;
  private readonly header = new Uint8Array(maxFrameHeaderLength);
  private headerLength = 0;
  private frame: OpenFrame | undefined = undefined;
  private count = 0;
  private isClosed = false;
  private isEnded = false;

  /** @throws RangeError if a limit is not an integer in its range. */
  constructor(options: InspectorOptions = {}) {
    this.role = options.role;
    this.maxPayloadLength = limitOf(
      "maxPayloadLength",
      options.maxPayloadLength ?? defaultPayloadLength,
      maxControlPayloadLength,
    );
    this.maxMessageLength = limitOf(
      "maxMessageLength",
      options.maxMessageLength ?? defaultMessageLength,
      0,
    );
    this.openInflator = options.openInflator;
    this.tracker = new MessageTracker(this.maxMessageLength);
    this.reading = options.handshake === true ? "expected" : undefined;
    if (options.deflate !== undefined) this.useDeflate(options.deflate);
  }

  /** The head of the received request, for `request` of the other direction's inspector. */
  get requestHead(): HttpHead | undefined {
    return this.reading instanceof HandshakeReading ? this.reading.head : undefined;
  }

  /** Index of the next byte to inspect, from the start of the stream. */
  get offset(): number {
    return this.before + this.cursor;
  }

  /**
   * Uses permessage-deflate from the next frame on, with an empty window.
   *
   * @param deflate - Of this direction.
   */
  useDeflate(deflate: InspectedDeflate): void {
    this.rsv1Negotiated = true;
    this.inflation?.close();
    const { openInflator, maxMessageLength } = this;
    if (openInflator === undefined) return;
    this.inflation = new MessageInflation(openInflator, deflate, maxMessageLength);
  }

  /**
   * Gives it received bytes. Then call `next` until it returns undefined.
   *
   * @param bytes - Borrowed until `next` returns undefined, not modified. Copied if earlier bytes
   *   are not inspected yet.
   */
  push(bytes: Uint8Array): void {
    const isRead = this.cursor === this.chunk.length;
    this.before += this.cursor;
    this.chunk = isRead ? bytes : joinBytes(this.chunk.subarray(this.cursor), bytes);
    this.cursor = 0;
  }

  /** Tells it that no more bytes will arrive. Then call `next` until it returns undefined. */
  end(): void {
    this.isEnded = true;
  }

  /** Frees the decompressor. Only the fields may be read afterwards. */
  close(): void {
    this.inflation?.close();
    this.inflation = undefined;
  }

  /**
   * Moves on to the next frame. Never throws.
   *
   * @returns The frame, which the caller may keep; undefined if more bytes are needed, or at the end.
   */
  next(): InspectedFrame | undefined {
    if (!this.readHandshake()) return undefined;
    if (this.frame === undefined && !this.readHeader()) return this.finishCut();
    const frame = this.frame as OpenFrame;
    const taken = Math.min(frame.missing, this.chunk.length - this.cursor);
    frame.take(this.chunk, this.cursor, this.cursor + taken);
    this.cursor += taken;
    if (frame.missing > 0 && !this.isEnded) return undefined;
    this.frame = undefined;
    const inspected = frame.finish(this.inflation);
    if (inspected.opcode === Opcode.Close && inspected.isComplete) this.isClosed = true;
    return inspected;
  }

  /** Reads the handshake, if one is expected. Returns whether frames follow. */
  private readHandshake(): boolean {
    if (this.isRefused) this.cursor = this.chunk.length;
    if (this.isRefused) return false;
    if (this.reading === "expected" && !this.recognise()) return false;
    const { reading } = this;
    if (!(reading instanceof HandshakeReading) || this.handshake !== undefined) return true;
    const after = reading.push(this.chunk.subarray(this.cursor), this.request);
    this.cursor = after < 0 ? this.chunk.length : this.cursor + after;
    if (after < 0) {
      const offset = this.offset;
      if (this.isEnded) this.endFaults = [faultOf(rules.incompleteHandshake, "handshake", offset)];
      return false;
    }
    return this.finishHandshake(reading.handshake as InspectedHandshake);
  }

  /** Tells whether the first bytes start a handshake. Returns false if more bytes are needed. */
  private recognise(): boolean {
    const kind = handshakeKind(this.chunk.subarray(this.cursor));
    if (kind === undefined && !this.isEnded) return false;
    this.reading = undefined;
    if (kind === "request" || kind === "response") this.reading = new HandshakeReading(kind);
    return true;
  }

  private finishHandshake(handshake: InspectedHandshake): boolean {
    this.handshake = handshake;
    const isRequest = handshake.kind === "request";
    this.role ??= isRequest ? "server" : "client";
    const { deflate } = handshake;
    if (deflate !== undefined) {
      const { receiveContextTakeover: contextTakeover, receiveWindowBits: windowBits } = deflate;
      this.useDeflate({ contextTakeover, windowBits });
    }
    // A faulty request may still have been accepted. Without a response 101, no frames follow.
    this.isRefused = isRequest ? handshake.startLine === "" : !handshake.startLine.includes(" 101");
    return !this.isRefused;
  }

  /** Reads a header byte by byte. Returns whether it is complete. */
  private readHeader(): boolean {
    const { header, chunk } = this;
    while (this.cursor < chunk.length) {
      header[this.headerLength++] = chunk[this.cursor++];
      if (this.headerLength < 2 || this.headerLength < headerLengthOf(header[1])) continue;
      const { values, faults, bytes, offset } = this.takeHeader(true);
      const { tracker, maxPayloadLength } = this;
      const index = this.count++;
      this.frame = new OpenFrame(index, offset, bytes, values, tracker, faults, maxPayloadLength);
      return true;
    }
    return false;
  }

  /** Takes the header's bytes, whole or not. */
  private takeHeader(isComplete: boolean) {
    const { headerLength, header, offset: end } = this;
    const offset = end - headerLength;
    const values = readHeaderValues(header, headerLength);
    if (headerLength > 1) this.role ??= values.masked ? "server" : "client";
    const role = this.role ?? "server";
    const situation = {
      role,
      inMessage: this.tracker.isInMessage,
      rsv1Negotiated: this.rsv1Negotiated,
    };
    const faults = headerFaults(values, situation, offset, headerLength, isComplete);
    if (this.isClosed) faults.unshift(faultOf(rules.afterClose, "frame", offset));
    this.headerLength = 0;
    return { values, faults, bytes: header.slice(0, headerLength), offset };
  }

  /** Returns the frame of which the end of the stream cuts the header, once. */
  private finishCut(): InspectedFrame | undefined {
    if (!this.isEnded) return undefined;
    if (this.headerLength > 0) {
      const { values, faults, bytes, offset } = this.takeHeader(false);
      return cutFrame(this.count++, offset, bytes, values, faults);
    }
    if (this.tracker.isInMessage)
      this.endFaults = [faultOf(rules.incompleteMessage, "frame", this.offset)];
    return undefined;
  }
}

function limitOf(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  const message = `option ${name} must be an integer of at least ${least}, got ${shownValue(value)}`;
  throw rangeError("WS_ERR_INVALID_OPTION", message);
}
