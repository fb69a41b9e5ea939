import type { HandshakeError } from "@framewright/codec";
import { OutputQueue } from "@framewright/codec/internal";
import { type AbortSignal, globals, type Timer } from "../../runtime/globals.ts";
import type { Transport, TransportListener } from "../../transport/transport.ts";
import { writeOut } from "../../transport/write-out.ts";
import { invalidAnswer, type ProxyDialogue } from "./proxy-dialogue.ts";

/** How long the client waits for the body of a refusal, in milliseconds. */
const bodyTimeout = 1_000;

/** Receives the end of a dialogue. One of its methods is called, once. */
export interface TunnelListener {
  /**
   * The proxy has connected to the server.
   *
   * @param rest - Bytes of the server that followed the proxy's answer. Borrowed and modified until
   *   the call returns.
   */
  opened(transport: Transport, rest: Uint8Array): void;
  failed(error: HandshakeError): void;
}

/** Holds the dialogue with a proxy over a transport. */
export class ProxyTunnel implements TransportListener {
  private readonly dialogue: ProxyDialogue;
  private readonly signal: AbortSignal;
  private readonly listener: TunnelListener;
  private readonly output = new OutputQueue();
  private transport: Transport | undefined = undefined;
  private bodyTimer: Timer | undefined = undefined;
  private isOver = false;

  /** @param signal - Ends the dialogue when it is aborted. The listener is not told. */
  constructor(dialogue: ProxyDialogue, signal: AbortSignal, listener: TunnelListener) {
    this.dialogue = dialogue;
    this.signal = signal;
    this.listener = listener;
  }

  /** @param transport - Owned until the dialogue ends, and destroyed if it fails. */
  start(transport: Transport): void {
    if (this.signal.aborted) return transport.destroy();
    this.transport = transport;
    transport.listener = this;
    this.signal.addEventListener("abort", () => {
      if (!this.isOver) this.end().destroy();
    });
    this.say();
  }

  receive(bytes: Uint8Array): void {
    const { dialogue } = this;
    const after = dialogue.push(bytes);
    if (dialogue.error !== undefined) return this.fail(dialogue.error);
    if (after < 0) {
      this.say();
      if (dialogue.isReadingBody) this.startBodyTimer();
    } else if (this.output.peek() !== undefined) {
      // Whatever is written now would follow the rest of the request.
      this.fail(invalidAnswer("it came before the request was sent"));
    } else {
      this.listener.opened(this.end(), bytes.subarray(after));
    }
  }

  drained(): void {
    if (this.transport !== undefined) writeOut(this.output, this.transport);
  }

  ended(): void {
    this.fail(this.dialogue.end());
  }

  failed(): void {
    this.ended();
  }

  private say(): void {
    const { output } = this.dialogue;
    if (output === undefined) return;
    this.dialogue.output = undefined;
    this.output.appendReference(output);
    this.drained();
  }

  private startBodyTimer(): void {
    this.bodyTimer ??= globals.setTimeout((tunnel) => tunnel.ended(), bodyTimeout, this);
  }

  private fail(error: HandshakeError): void {
    if (this.isOver) return;
    this.end().destroy();
    this.listener.failed(error);
  }

  /** Ends the dialogue. Returns its transport. */
  private end(): Transport {
    this.isOver = true;
    globals.clearTimeout(this.bodyTimer);
    return this.transport as Transport;
  }
}
