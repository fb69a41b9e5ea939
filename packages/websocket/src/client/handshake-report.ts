import type { HandshakeError } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { Diagnostics } from "../diagnostics.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport } from "../transport/transport.ts";
import { formatUrl } from "./handshake-fault.ts";

/** Publishes how a client's opening handshake ends, if anybody subscribes. */
export class HandshakeReport {
  private readonly diagnostics: Diagnostics;
  private readonly url: WebSocketUrl;
  private readonly startTime: number | undefined;

  constructor(diagnostics: Diagnostics, url: WebSocketUrl) {
    this.diagnostics = diagnostics;
    this.url = url;
    this.startTime = diagnostics.startTime();
  }

  /** Returns what to call with the open socket; undefined if nobody subscribes. */
  opened(transport: Transport): ((socket: Socket<unknown>) => void) | undefined {
    if (!this.diagnostics.reportsHandshakes) return undefined;
    return (socket) => this.publish(undefined, socket, transport);
  }

  failed(fault: HandshakeError, transport: Transport | undefined): void {
    this.diagnostics.limitedBy(fault, { transport });
    if (this.diagnostics.reportsHandshakes) this.publish(fault, undefined, transport);
  }

  private publish(
    fault: HandshakeError | undefined,
    socket: Socket<unknown> | undefined,
    transport: Transport | undefined,
  ): void {
    const url = formatUrl(this.url);
    const remoteAddress = transport?.remoteAddress ?? "";
    const details = { request: undefined, url, remoteAddress, socket, fault };
    this.diagnostics.handshakeEnded(this.startTime, details);
  }
}
