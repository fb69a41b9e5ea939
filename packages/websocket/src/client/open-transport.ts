import type { HandshakeStep } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { AbortSignal } from "../runtime/globals.ts";
import type { Transport } from "../transport/transport.ts";
import type { ClientTlsSettings } from "./client-tls.ts";

/** What a transport is opened to. */
export interface TransportTarget {
  /**
   * The port and the Unix socket to connect to, and whether to use TLS. With TLS its host, or
   * `tls.serverName`, is the name that is sent and that the server's certificate must have.
   */
  readonly url: WebSocketUrl;
  /** What to connect to by TCP: the URL's host, or an IP address of it. IPv6 without brackets. */
  readonly host: string;
  /** The IP address to connect from. Undefined: the system chooses. */
  readonly localAddress: string | undefined;
  readonly tls: ClientTlsSettings;
}

/** What a transport reports while it is being opened. */
export interface OpeningProgress {
  /** Stops the attempt when it is aborted. It belongs to this attempt alone. */
  readonly signal: AbortSignal;
  /**
   * A step has begun: "lookup" if the runtime also tells when the name is resolved, then "connect";
   * "tls" when the TCP connection stands.
   */
  reached(step: HandshakeStep): void;
  /** The transport is connected and, with TLS, the server's certificate is verified. */
  opened(transport: Transport): void;
}

/**
 * Opens a transport to a server. Calls `progress.opened`, then resolves. Rejects with the runtime's
 * error.
 *
 * @param target - Not modified.
 */
export type OpenTransport = (target: TransportTarget, progress: OpeningProgress) => Promise<void>;
