import type { HeadersInit } from "@framewright/codec/handshake";
import type { OptionNames } from "../options/option-values.ts";
import { type Handlers, handlerNames } from "../socket/handlers.ts";
import { type CommonOptions, commonOptionNames } from "../socket/socket-options.ts";
import type { ClientTls } from "./client-tls.ts";

/** Options and handlers of `connect`. */
export interface ConnectOptions<Data = undefined> extends Handlers<Data>, CommonOptions {
  /** Subprotocols to offer, in order of preference. Default: none. */
  subprotocols?: readonly string[];
  /** Additional headers of the opening handshake. */
  headers?: HeadersInit;
  /** How to use TLS for a `wss:` URL. */
  tls?: ClientTls;
  /** The initial value of `socket.data`. */
  data?: Data;
}

export const connectOptionNames: OptionNames<ConnectOptions> = {
  ...handlerNames,
  ...commonOptionNames,
  subprotocols: 1,
  headers: 1,
  tls: 1,
  data: 1,
};
