import { type Bytes, copyBytes, noBytes } from "../bytes/bytes.ts";
import { MessageBuffer } from "../bytes/message-buffer.ts";
import { encodeClosePayload, parseClosePayload } from "../close-payload.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { ProtocolError, type ProtocolErrorCode } from "../errors.ts";
import { type DecoderOptions, DecodeStep, type FrameDecoder } from "../frame/decoder.ts";
import { type AssemblyFault, AssemblyResult } from "../message/assembly-result.ts";
import type { MessageAssembler } from "../message/message-assembler.ts";
import type { MessageOptions } from "../message/message-options.ts";
import { MessageSlab } from "../message/message-slab.ts";
import { isControl, Opcode } from "../opcode.ts";
import { StatusCode } from "../status-code.ts";
import { type AssemblerPool, assemblerPoolFor } from "./assembler-pool.ts";
import { type CloseInfo, ConnectionEvent } from "./events.ts";
import { Sender } from "./sender.ts";
import type { SenderOptions } from "./sender-options.ts";
import { ConnectionState, StateInput } from "./state.ts";

/** How a connection behaves. All connections of a server share one object. */
export interface ConnectionOptions extends DecoderOptions, MessageOptions, SenderOptions {
  /** How many frames, or parts of frames, `next` handles in one turn at most. Default: no limit. */
  maxFramesPerTurn?: number;
  /**
   * After decompressing this many bytes in one turn, or up to 64 KiB more, `next` returns `Yield`.
   * Default: no limit.
   */
  maxInflatedPerTurn?: number;
}

/** More than arrives in one turn, and a small integer for V8. */
const unlimited = 1_073_741_823;
/** One object, because assemblers are shared by connections with the same one. */
const serverDefaults: ConnectionOptions = {};
const contextTakeoverHint =
  "the client may ignore client_no_context_takeover, as Tornado and Mojolicious clients do; it then needs compression.contextTakeover";

/** By `AssemblyResult`. Its keys are numbers, because bundlers keep an unused computed key. */
const assemblyFaults = {
  2: "WS_ERR_INVALID_UTF8",
  3: "WS_ERR_INVALID_DEFLATE_DATA",
  4: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  5: "WS_ERR_RECEIVE_MEMORY",
} as const satisfies Record<AssemblyFault, ProtocolErrorCode>;

/**
 * One endpoint of a WebSocket connection after the opening handshake (RFC 6455 sections 5 to 7). It
 * turns received bytes into messages and messages into bytes to send. It does no I/O, and never
 * throws because of bytes that a peer sends.
 *
 * @example
 * connection.receive(chunk);
 * for (let event = connection.next(); event !== ConnectionEvent.NeedData; ) {
 *   if (event === ConnectionEvent.Message) connection.send(connection.message);
 *   if (event === ConnectionEvent.Closed) console.log(connection.closed);
 *   event = connection.next();
 * }
 * for (let bytes = connection.peek(); bytes !== undefined; bytes = connection.peek()) {
 *   const copy = bytes.slice(); // unless `write` is done with them when it returns
 *   connection.advance(copy.length);
 *   write(copy);
 * }
 */
export class Connection extends Sender {
  /**
   * The message after `Message`, until the next call: a string for text, bytes for binary. The
   * caller may keep the bytes unless `borrowedMessages` is set; see `MessageMemory`.
   */
  message: string | Bytes = "";
  /** The frame's payload after `Ping` and `Pong`. Borrowed: valid until the next call. */
  payload: Bytes = noBytes;
  /** How the connection ended; undefined while the state is Open or CloseSent. */
  closed: CloseInfo | undefined = undefined;

  declare protected readonly options: ConnectionOptions;
  private readonly assemblers: AssemblerPool;
  /** Taken from the pool while there are unread bytes or part of a frame or message. */
  private assembler: MessageAssembler | undefined = undefined;
  private slab: MessageSlab | undefined = undefined;
  /** The payload of a control frame that is spread over several chunks. */
  private gatheredControl: MessageBuffer | undefined = undefined;
  private closedReported = false;
  /** How many frames and decompressed bytes are left of this turn's limits. */
  private framesLeft: number;
  private inflatedLeft: number;

  /**
   * @param options - Retained, not modified. Connections with the same object share memory. Default:
   *   those of a server.
   * @param deflate - The negotiated permessage-deflate, if any. Closed with the connection.
   * @throws TypeError if a client has no `drawMaskingKey`.
   */
  constructor(options: ConnectionOptions = serverDefaults, deflate?: PerMessageDeflate) {
    super(options, deflate);
    this.assemblers = assemblerPoolFor(options);
    this.framesLeft = options.maxFramesPerTurn ?? unlimited;
    this.inflatedLeft = options.maxInflatedPerTurn ?? unlimited;
  }

  /** Whether a complete message is not fully decompressed yet. `next` continues with it. */
  get isInflating(): boolean {
    return this.assembler?.isInflating ?? false;
  }

  /** After `Message`: whether the message is a view of the received chunk; see `keepFrom`. */
  get isMessageChunk(): boolean {
    return this.assembler?.isMessageChunk === true;
  }

  /** After `MessagePart`: whether the message is text, so that its parts are strings. */
  get isTextPart(): boolean {
    return this.assembler?.isText === true;
  }

  /** After `MessagePart`: whether the message ends with this part, which may be empty. */
  get isLastPart(): boolean {
    return this.assembler?.parts?.isLast === true;
  }

  /** How many received bytes `next` has not read yet. */
  get unread(): number {
    return this.assembler?.decoder.unread ?? 0;
  }

  /**
   * Takes received bytes. Then call `next` until it returns `NeedData`.
   *
   * @param bytes - Borrowed and modified until `next` returns `NeedData`, or until `retainInput`.
   */
  receive(bytes: Uint8Array): void {
    if (!this.isReceiving) return;
    if (this.options.sharedAloneFrom !== undefined) this.slab ??= new MessageSlab();
    this.assembler ??= this.assemblers.acquire(this.deflate, this.slab);
    this.assembler.decoder.push(bytes);
  }

  /** Copies the unread bytes, so that their owner may reuse the received chunk. */
  retainInput(): void {
    this.assembler?.retain();
    this.assembler?.decoder.retain();
    this.endBurst();
  }

  /** Starts a new turn. Call it after `Yield`, once other connections had their turn. */
  startTurn(): void {
    this.framesLeft = this.options.maxFramesPerTurn ?? unlimited;
    this.inflatedLeft = this.options.maxInflatedPerTurn ?? unlimited;
  }

  /** Moves on to the next event. Never throws. A handler may call it again. */
  next(): ConnectionEvent {
    while (this.isReceiving && this.assembler !== undefined) {
      if (this.framesLeft <= 0 && !this.renewTurnIfUnlimited()) return ConnectionEvent.Yield;
      const { assembler } = this;
      const event = assembler.isInflating
        ? this.handleAssembly(assembler, assembler.inflate(this.inflatedLeft))
        : this.handleStep(assembler);
      if (event !== undefined) return event;
    }
    if (this.closedReported || this.closed === undefined) return ConnectionEvent.NeedData;
    this.closedReported = true;
    return ConnectionEvent.Closed;
  }

  /** Tells the connection that the transport has ended. Then call `next`. */
  end(error?: Error): void {
    if (!this.move(StateInput.TransportEnd)) return;
    this.finish(StatusCode.AbnormalClosure, "", false, error);
  }

  /** Without limits, `next` never yields, however much was received. */
  private renewTurnIfUnlimited(): boolean {
    const { maxFramesPerTurn, maxInflatedPerTurn } = this.options;
    if (maxFramesPerTurn !== undefined || maxInflatedPerTurn !== undefined) return false;
    this.startTurn();
    return true;
  }

  private get isReceiving(): boolean {
    return this.state === ConnectionState.Open || this.state === ConnectionState.CloseSent;
  }

  /** Drops the last message and payload: an idle connection must not keep them alive. */
  private endBurst(): void {
    this.message = "";
    this.payload = noBytes;
    const { assembler } = this;
    if (assembler === undefined) return;
    assembler.endBurst();
    if (!assembler.decoder.isIdle || assembler.isInflating) return;
    this.assembler = undefined;
    this.assemblers.release(assembler);
  }

  /** Takes the decoder's next step. Returns undefined if it produces no event. */
  private handleStep(assembler: MessageAssembler): ConnectionEvent | undefined {
    const { decoder } = assembler;
    const step = decoder.next();
    if (step === DecodeStep.NeedData) {
      this.endBurst();
      return ConnectionEvent.NeedData;
    }
    this.framesLeft--;
    if (step === DecodeStep.Failed) return this.fail(decoder.error as ProtocolErrorCode);
    if (isControl(decoder.header.opcode)) return this.gatherControl(decoder, step);
    return this.handleAssembly(assembler, assembler.take(step, this.inflatedLeft));
  }

  private handleAssembly(
    assembler: MessageAssembler,
    assembly: AssemblyResult,
  ): ConnectionEvent | undefined {
    if (this.deflate !== undefined) this.countInflated(assembler);
    if (assembly === AssemblyResult.Partial || assembly === AssemblyResult.Inflating)
      return undefined;
    if (assembly !== AssemblyResult.Complete && assembly !== AssemblyResult.Part)
      return this.fail(assemblyFaults[assembly]);
    this.message = assembler.message;
    return assembly === AssemblyResult.Complete
      ? ConnectionEvent.Message
      : ConnectionEvent.MessagePart;
  }

  /** Counts decompressed bytes, which cost far more than the frames that carry them. */
  private countInflated(assembler: MessageAssembler): void {
    this.inflatedLeft -= assembler.inflationWork;
    assembler.inflationWork = 0;
    if (this.inflatedLeft <= 0) this.framesLeft = 0;
  }

  private gatherControl(decoder: FrameDecoder, step: DecodeStep): ConnectionEvent | undefined {
    decoder.unmask();
    const { buffer, start, end, remaining, header } = decoder;
    if (step === DecodeStep.FrameEnd && this.gatheredControl === undefined) {
      return this.handleControl(header.opcode, buffer, start, end);
    }
    this.gatheredControl ??= new MessageBuffer();
    this.gatheredControl.append(buffer, start, end, Math.max(remaining, 0));
    if (step === DecodeStep.Payload) return undefined;
    const payload = this.gatheredControl.take();
    this.gatheredControl = undefined;
    return this.handleControl(header.opcode, payload, 0, payload.length);
  }

  private handleControl(
    opcode: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): ConnectionEvent | undefined {
    if (opcode === Opcode.Close) return this.handleClose(bytes, start, end);
    this.payload = start === end ? noBytes : (bytes.subarray(start, end) as Bytes);
    if (opcode === Opcode.Pong) return ConnectionEvent.Pong;
    if (this.state === ConnectionState.Open) this.answerPing(this.payload);
    return ConnectionEvent.Ping;
  }

  private handleClose(bytes: Uint8Array, start: number, end: number): undefined {
    const close = parseClosePayload(bytes, start, end);
    if (typeof close === "string") return this.fail(close);
    this.move(StateInput.ReceiveClose);
    // RFC 6455 section 5.5.1: the answer echoes the status code that was received.
    if (this.state === ConnectionState.CloseReceived) this.sendClose(copyBytes(bytes, start, end));
    this.finish(close.statusCode, close.reason, true, undefined);
    return undefined;
  }

  /** Fails the connection (RFC 6455 section 7.1.7): queues a Close frame and ignores all input. */
  private fail(code: ProtocolErrorCode): undefined {
    const error = new ProtocolError(code, this.hintFor(code));
    this.discardCompression();
    if (this.state === ConnectionState.Open) {
      this.sendClose(encodeClosePayload(error.statusCode, error.reason));
    }
    this.move(StateInput.Fail);
    this.finish(error.statusCode, error.reason, false, error);
    return undefined;
  }

  private hintFor(code: ProtocolErrorCode): string {
    const isLikely = this.options.role !== "client" && this.deflate?.deniesPeerTakeover === true;
    return isLikely && code === "WS_ERR_INVALID_DEFLATE_DATA" ? contextTakeoverHint : "";
  }

  private finish(
    statusCode: number,
    reason: string,
    wasClean: boolean,
    error: Error | undefined,
  ): void {
    this.closed = { statusCode, reason, wasClean, error };
    this.endSending();
    this.gatheredControl = undefined;
    this.assembler?.discard();
    this.assembler?.decoder.discard();
    this.endBurst();
    this.assembler = this.slab = undefined;
    this.deflate?.close();
  }
}
