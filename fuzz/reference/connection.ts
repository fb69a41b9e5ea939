import { hex } from "../../packages/codec/test/bytes.ts";
import { mayStandInClose } from "../../packages/codec/test/oracle/legality.ts";
import type { Reading, ReceivedFrame } from "./receiver.ts";

/**
 * The actions of a connection's user. They depend on event numbers, so they are the same for any
 * chunks.
 */
export interface Behaviour {
  /** Whether each message is echoed. */
  echo: boolean;
  /** Send a Ping after each event whose number is a multiple of this; 0 for never. */
  pingEvery: number;
  /** Start the closing handshake after the event with this number; 0 for never. */
  closeAfter: number;
  /** Take the output after each event whose number is a multiple of this; 0 for only at the end. */
  flushEvery: number;
}

/** The Close frame's payload: status code 1000 and "bye". */
const closePayload = "03e8627965";

/** While more bytes than this are queued, not every Ping is answered (RFC 6455 section 5.5.3). */
const mostBeforePongsAreLeftOut = 16_384;

/** A reference for how a connection handles received frames (RFC 6455 sections 5 to 7). */
export class ReferenceConnection {
  readonly events: string[] = [];
  /** Frames to send, as opcode and payload. */
  readonly sent: string[] = [];
  /** Whether so many bytes were queued at some Ping that Pongs may have been omitted. */
  crowded = false;
  closed = false;

  private readonly behaviour: Behaviour;
  private closeSent = false;
  private waiting = 0;
  private kind = 0;
  private message: number[] = [];
  private text = "";
  private decoder = newTextDecoder();

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
  }

  /** @param fault - The error code from the connection under test, one of `reading.faults`. */
  receive(reading: Reading, fault: string): void {
    for (const frame of reading.frames) {
      if (!this.closed) this.takeFrame(frame, frame.fin);
    }
    if (this.closed) return;
    if (reading.partial !== undefined) this.takePart(reading.partial);
    if (!this.closed && reading.faults.length > 0) this.fail(fault);
  }

  end(): void {
    if (!this.closed) this.close('closed 1006 ""');
  }

  private takePart(frame: ReceivedFrame): void {
    if (frame.opcode < 8) this.takeData(frame, false);
  }

  private takeFrame(frame: ReceivedFrame, isLast: boolean): void {
    const payload = hex(frame.payload);
    if (frame.opcode < 8) {
      this.takeData(frame, isLast);
    } else if (frame.opcode === 8) {
      this.takeClose(frame.payload);
    } else if (frame.opcode === 9) {
      if (this.waiting > mostBeforePongsAreLeftOut) this.crowded = true;
      this.send(10, payload, frame.payload.length);
      this.event(`ping ${payload}`);
    } else {
      this.event(`pong ${payload}`);
    }
  }

  private takeData({ opcode, payload }: ReceivedFrame, isLast: boolean): void {
    if (opcode !== 0) this.kind = opcode;
    if (this.kind === 2) {
      for (const octet of payload) this.message.push(octet);
    } else {
      // "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is
      // not, in fact, a valid UTF-8 stream" (section 8.1): fail as soon as that is certain.
      try {
        this.text += this.decoder.decode(payload, { stream: !isLast });
      } catch {
        this.fail("WS_ERR_INVALID_UTF8");
        return;
      }
    }
    if (isLast) this.takeMessage();
  }

  private takeMessage(): void {
    const binary = hex(this.message);
    const text = this.text;
    const octets = this.kind === 1 ? new TextEncoder().encode(text) : this.message;
    this.message = [];
    this.text = "";
    this.decoder = newTextDecoder();
    const event = this.kind === 1 ? `text ${text}` : `binary ${binary}`;
    this.event(event, () => {
      if (this.behaviour.echo) this.send(this.kind, hex(octets), octets.length);
    });
  }

  private takeClose(payload: Uint8Array): void {
    if (payload.length === 1) return this.fail("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH");
    if (payload.length === 0) return this.answerClose(payload, 'closed 1005 "" clean');
    const statusCode = payload[0] * 256 + payload[1];
    if (!mayStandInClose(statusCode)) return this.fail("WS_ERR_INVALID_CLOSE_CODE");
    let reason: string;
    try {
      reason = newTextDecoder().decode(payload.subarray(2));
    } catch {
      return this.fail("WS_ERR_INVALID_UTF8");
    }
    this.answerClose(payload, `closed ${statusCode} "${reason}" clean`);
  }

  private answerClose(payload: Uint8Array, event: string): void {
    if (!this.closeSent) this.send(8, hex(payload), payload.length);
    this.close(event);
  }

  private fail(code: string): void {
    const statusCode = statusCodeOf(code);
    // The RFC specifies only the status code of this Close frame.
    if (!this.closeSent) this.send(8, statusCode.toString(16).padStart(4, "0"), 125);
    this.close(`closed ${statusCode} ${code}`);
  }

  private close(event: string): void {
    this.closed = true;
    this.closeSent = true;
    this.events.push(event);
  }

  private event(event: string, answer?: () => void): void {
    this.events.push(event);
    const number = this.events.length;
    const { pingEvery, closeAfter, flushEvery } = this.behaviour;
    answer?.();
    if (pingEvery > 0 && number % pingEvery === 0) this.send(9, "70", 1);
    if (number === closeAfter && !this.closeSent) {
      this.send(8, closePayload, 5);
      this.closeSent = true;
    }
    if (flushEvery > 0 && number % flushEvery === 0) this.waiting = 0;
  }

  private send(opcode: number, payload: string, length: number): void {
    if (this.closeSent) return;
    this.sent.push(`${opcode} ${payload}`);
    this.waiting += length + 14;
  }
}

/** Returns the status code for an error code (RFC 6455 section 7.4.1). */
function statusCodeOf(code: string): number {
  if (code === "WS_ERR_INVALID_UTF8") return 1007;
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return 1009;
  if (code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return 1008;
  return 1002;
}

function newTextDecoder(): InstanceType<typeof TextDecoder> {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}
