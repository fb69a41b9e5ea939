import type { DuplexStream } from "./duplex-transport.ts";
import type { DuplexClass } from "./transport-stream.ts";

/** The used part of `tls.TLSSocket` of `node:tls`. */
export interface TlsSocket extends DuplexStream {
  once(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** The options of `tls.connect` that are set. */
export interface TlsOptions {
  /** A `stream.Duplex`, whose type this package does not know. */
  socket: never;
  allowHalfOpen: boolean;
  host: string;
  servername?: string;
  ca?: string;
  cert?: string;
  key?: string;
  passphrase?: string;
  minVersion: "TLSv1.2" | "TLSv1.3";
  rejectUnauthorized: boolean;
  ALPNProtocols: string[];
}

/** The used parts of `node:tls`, `node:stream` and `node:crypto`. */
export type TlsModules = readonly [
  tls: { connect(options: TlsOptions, onSecure: () => void): TlsSocket },
  stream: { Duplex: DuplexClass },
  crypto: object,
];
