import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import { checkNewTls, checkServerTls, type ServerTls, type TlsSettings } from "./server-tls.ts";
import { type TlsCarrier, TlsHandshake } from "./tls-handshake.ts";

/** What a server with TLS needs. */
export interface SecureServer {
  /** The options with which it starts. */
  readonly settings: TlsSettings;
  /** Validates the options that replace them. */
  checkNew(tls: ServerTls): TlsSettings;
  /** See `ListenOptions.beginTls`. */
  begin(this: void, socket: TlsCarrier): TlsHandshake;
}

/**
 * Validates the option `tls` of `serve`.
 *
 * @throws TypeError for an invalid option.
 */
export function secureServer(
  tls: ServerTls,
  handshakes: ServerHandshakeSettings<never>,
): SecureServer {
  const settings = checkServerTls(tls);
  return {
    settings,
    checkNew: (next) => checkNewTls(next, settings),
    begin: (socket) => new TlsHandshake(handshakes, socket),
  };
}
