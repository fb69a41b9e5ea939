import type { HandshakeError } from "@framewright/codec";
import type { HttpHeaders } from "@framewright/codec/handshake";
import type { HandshakeReport as OpenReport } from "../socket/session.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport } from "../transport/transport.ts";
import type { Attempt } from "./attempt.ts";
import { formatUrl } from "./handshake-fault.ts";

/**
 * Tells how a client's opening handshake ends: the handler `response`, and whoever subscribes to
 * diagnostics.
 */
export class HandshakeReport<Data> {
  private readonly attempt: Attempt<Data>;
  private readonly startTime: number | undefined;

  constructor(attempt: Attempt<Data>) {
    this.attempt = attempt;
    this.startTime = attempt.settings.diagnostics.startTime();
  }

  /** Returns what to call with the open socket; undefined if there is nobody to tell. */
  opened(transport: Transport, headers: HttpHeaders): OpenReport<Data> | undefined {
    const { settings, options } = this.attempt;
    const { reportsHandshakes } = settings.diagnostics;
    if (!reportsHandshakes && options.response === undefined) return undefined;
    return (socket) => {
      if (reportsHandshakes) this.publish(undefined, socket, transport);
      return options.response && (() => options.response?.(socket, headers));
    };
  }

  failed(fault: HandshakeError, transport: Transport | undefined): void {
    const { diagnostics } = this.attempt.settings;
    diagnostics.limitedBy(fault, { transport });
    if (diagnostics.reportsHandshakes) this.publish(fault, undefined, transport);
  }

  private publish(
    fault: HandshakeError | undefined,
    socket: Socket<Data> | undefined,
    transport: Transport | undefined,
  ): void {
    const { settings, request } = this.attempt;
    const url = formatUrl(request.url);
    const remoteAddress = transport?.remoteAddress ?? "";
    const details = { request: undefined, url, remoteAddress, socket, fault };
    settings.diagnostics.handshakeEnded(this.startTime, details);
  }
}
