import type { HandshakeError } from "@framewright/codec";
import { UpgradeRequestReader } from "@framewright/codec/handshake";
import { noBytes } from "@framewright/codec/internal";
import type { Transport } from "../transport/transport.ts";
import { HandshakeDecision } from "./handshake-decision.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";

/**
 * The server's side of a TCP connection until it becomes a WebSocket or an HTTP response is sent (RFC
 * 6455 section 4.2). The request and `accept` together may take the handshake timeout.
 */
export class ServerHandshake<Data> extends HandshakeDecision<Data> {
  /** Undefined once the request is complete. */
  private reader: UpgradeRequestReader | undefined;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    super(settings, transport);
    this.reader = this.begin() ? new UpgradeRequestReader(settings.coding) : undefined;
  }

  override receive(bytes: Uint8Array): void {
    const { reader } = this;
    if (reader === undefined) return super.receive(bytes);
    this.hasReceived = true;
    const after = reader.push(bytes);
    if (after < 0) return;
    this.reader = undefined;
    const { request, error } = reader;
    if (request === undefined) return this.refuseFault(error as HandshakeError);
    // Most clients wait for the response, so avoid the view when nothing follows. On Bun, creating
    // the first view makes JavaScriptCore materialise the `ArrayBuffer`.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    this.decideOn(request, error, { isSecure: this.settings.options.tls !== undefined }, rest);
  }
}
