import { readCertificates } from "../options/read-certificate.ts";
import type { Certificate } from "../options/tls-values.ts";
import {
  type PeerCertificate,
  type VerifiedSocket,
  verifiedCertificate,
} from "../transport/peer-certificate.ts";
import type { Transport } from "../transport/transport.ts";
import type { Listener, ListenOptions } from "./server.ts";
import { findServerName, type TlsSettings } from "./server-tls.ts";

/** The used parts of `node:tls`. */
interface TlsModule {
  createServer(options: object): TlsServer;
  createSecureContext(options: object): unknown;
}
interface TlsServer {
  on(event: "tlsClientError", listener: (error: Error, socket: TlsSocket) => void): unknown;
  on(event: "connection", listener: (socket: TcpSocket) => void): unknown;
  on(event: "secureConnection", listener: (socket: TlsSocket) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  listen(options: object, listener: () => void): unknown;
  address(): { port: number } | string | null;
  setSecureContext(options: object): void;
  close(): unknown;
}
interface TcpSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  once(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}
interface TlsSocket extends VerifiedSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  destroy(): unknown;
}

/**
 * Listens with `node:tls`, which Node, Deno and Bun have.
 *
 * @param modules - `node:tls` and `node:crypto`.
 * @param options - With TLS.
 * @param wrap - Creates the transport of a connection, from its `tls.TLSSocket`.
 * @param isTrusted - Called with each client's certificate, which the runtime has verified, and the
 *   present options.
 */
export function listenTls<Socket>(
  modules: { readonly tls: object; readonly crypto: object },
  options: ListenOptions & { readonly tls: TlsSettings },
  wrap: (socket: Socket, certificate: PeerCertificate | undefined) => Transport,
  accept: (transport: Transport) => void,
  isTrusted: (
    socket: Socket,
    certificate: PeerCertificate,
    settings: TlsSettings,
  ) => boolean = () => true,
): Promise<Listener> {
  const { createServer } = modules.tls as TlsModule;
  const { port, hostname, reusePort, handshakeTimeout, tls } = options;
  const { requestCert, alpn } = tls;
  let settings = tls;
  let contexts = contextsOf(modules, tls);
  const onSocket = (socket: TlsSocket) => {
    const certificate =
      requestCert === false
        ? undefined
        : verifiedCertificate(socket, requestCert === true, (verified) =>
            isTrusted(socket as Socket, verified, settings),
          );
    if (certificate === false) socket.destroy();
    else accept(wrap(socket as Socket, certificate));
  };
  return new Promise((resolve, reject) => {
    const server = createServer({
      ...contextOptions(tls, tls),
      allowHalfOpen: true,
      noDelay: true,
      handshakeTimeout,
      requestCert: requestCert !== false,
      rejectUnauthorized: requestCert === true,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: alpn }),
      SNICallback: (name: unknown, done: (error: null, context: unknown) => void) =>
        done(null, typeof name === "string" ? findServerName(contexts, name) : undefined),
    });
    // Node does not close the socket when the TLS handshake times out.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    // Before `accept`, which takes another place for the request.
    const dropHandshakes = trackHandshakes(server, options);
    server.on("secureConnection", onSocket);
    server.once("error", reject);
    server.listen({ port, host: hostname, reusePort }, () => {
      server.off("error", reject);
      // An error while accepting one connection must not end the server.
      server.on("error", () => {});
      resolve({
        port: (server.address() as { port: number }).port,
        stop() {
          server.close();
          dropHandshakes();
        },
        setTls(next) {
          const nextContexts = contextsOf(modules, next);
          server.setSecureContext(contextOptions(next, next));
          contexts = nextContexts;
          settings = next;
        },
      });
    });
  });
}

/**
 * Follows the TLS handshakes in progress. They keep the process alive, for as long as their timeout
 * if the client is silent, and a connection must not open after the listener has stopped.
 *
 * @returns A function that closes the connections whose handshake is not done.
 */
function trackHandshakes(server: TlsServer, { beginTls }: ListenOptions): () => void {
  const pending = new Map<string, { readonly socket: TcpSocket; end(): void }>();
  // The TLS socket does not tell which TCP socket is below it, but both have the same address.
  const keyOf = (socket: TcpSocket | TlsSocket) => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on("connection", (socket) => {
    const key = keyOf(socket);
    const handshake = beginTls(socket);
    const end = () => {
      handshake.end();
      if (pending.get(key)?.socket === socket) pending.delete(key);
    };
    pending.set(key, { socket, end });
    socket.once("close", end);
  });
  server.on("secureConnection", (socket) => pending.get(keyOf(socket))?.end());
  return () => {
    for (const { socket } of pending.values()) socket.destroy();
  };
}

/** Creates the contexts by server name. Throws if a certificate or key cannot be used. */
function contextsOf(
  modules: { readonly tls: object; readonly crypto: object },
  settings: TlsSettings,
): ReadonlyMap<string, unknown> {
  readCertificates(modules.crypto, settings);
  const { createSecureContext } = modules.tls as TlsModule;
  const contexts = new Map<string, unknown>();
  for (const [name, certificate] of settings.serverNames ?? []) {
    contexts.set(name, createSecureContext(contextOptions(certificate, settings)));
  }
  return contexts;
}

/** The context that SNI selects verifies the client, so that each needs all options. */
function contextOptions(certificate: Certificate, { ca, minVersion }: TlsSettings): object {
  return { ...certificate, ...(ca === undefined ? {} : { ca }), minVersion };
}
