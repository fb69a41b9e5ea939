import type { HandshakeError } from "@framewright/codec";
import { UpgradeRequestReader } from "@framewright/codec/handshake";
import { noBytes } from "@framewright/codec/internal";
import type { Transport } from "../transport/transport.ts";
import { HandshakeDecision } from "./handshake-decision.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import type { IncompleteRequest, RequestPlace } from "./incomplete-requests.ts";

/**
 * The server's side of a TCP connection until it becomes a WebSocket or an HTTP response is sent (RFC
 * 6455 section 4.2). The request and `accept` together may take the handshake timeout.
 */
export class ServerHandshake<Data> extends HandshakeDecision<Data> implements IncompleteRequest {
  /** Undefined once the request is complete. */
  private reader: UpgradeRequestReader | undefined;
  /** Set until the request is complete. */
  private place: RequestPlace | undefined = undefined;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    super(settings, transport);
    this.reader = this.begin() ? new UpgradeRequestReader(settings.coding) : undefined;
  }

  protected override began(): void {
    this.place = this.settings.incomplete.add(this, this.transport.remoteAddress);
  }

  evict(): void {
    // It is not the client that ended this.
    this.hasReceived = false;
    this.turnAway();
  }

  override receive(bytes: Uint8Array): void {
    const { reader } = this;
    if (reader === undefined) return super.receive(bytes);
    this.hasReceived = true;
    const after = reader.push(bytes);
    if (after < 0) return;
    this.reader = undefined;
    this.place?.leave();
    const { request, error } = reader;
    if (request === undefined) return this.refuseFault(error as HandshakeError);
    // Most clients wait for the response, so avoid the view when nothing follows. On Bun, creating
    // the first view makes JavaScriptCore materialise the `ArrayBuffer`.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    this.decideOn(request, error, { isSecure: this.settings.options.tls !== undefined }, rest);
  }

  protected override finish(): void {
    this.place?.leave();
    super.finish();
  }
}
