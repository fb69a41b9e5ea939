import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import type { IncompleteRequest, RequestPlace } from "./incomplete-requests.ts";

/** The used part of the TCP socket below a TLS socket. */
export interface TlsCarrier {
  readonly remoteAddress?: string | undefined;
  destroy(): unknown;
}

/**
 * A connection in its TLS handshake, on a runtime that makes the transport only after it. Takes a
 * place of `maxPendingHandshakes`, and gives way to newer handshakes.
 */
export class TlsHandshake implements IncompleteRequest {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  private readonly settings: ServerHandshakeSettings<never>;
  private readonly socket: TlsCarrier;
  private readonly place: RequestPlace;

  /** @param socket - Destroyed if the handshake gives way or takes too long. */
  constructor(settings: ServerHandshakeSettings<never>, socket: TlsCarrier) {
    this.settings = settings;
    this.socket = socket;
    const { handshakes, incomplete, maxPendingHandshakes } = settings;
    // While `accept` decides on as many as are allowed, as many more can get a response, for which
    // they need TLS.
    const decided = handshakes.size - incomplete.size;
    const taken = decided < maxPendingHandshakes ? handshakes.size : incomplete.size;
    const evicted = taken < maxPendingHandshakes ? undefined : incomplete.next;
    handshakes.add(this);
    this.place = incomplete.add(this, this.remoteAddress);
    evicted?.evict();
  }

  get remoteAddress(): string {
    return this.socket.remoteAddress ?? "";
  }

  /** Called when the TLS handshake is done or the connection has ended. */
  end(): void {
    this.settings.handshakes.delete(this);
    this.place.leave();
  }

  evict(): void {
    const { diagnostics } = this.settings;
    diagnostics.limited("maxPendingHandshakes", "terminated", { transport: this });
    this.destroy();
  }

  /** Called when the handshake timeout has passed. */
  expire(): void {
    this.destroy();
  }

  destroy(): void {
    this.end();
    this.socket.destroy();
  }
}
