import { once } from "node:events";
import { createSecureServer, createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { AttachedServer, AttachOptions } from "@framewright/websocket";

/** The `attach` function of a transport package. */
export type Attach = (httpServer: Http2Server, options: AttachOptions) => AttachedServer;

/** Where to listen, and the certificate; without one the server speaks HTTP/2 in plain text. */
interface Place {
  readonly port: number;
  readonly hostname: string;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** Serves WebSockets over HTTP/2 (RFC 8441). With TLS also over HTTP/1.1, on the same port. */
export async function serveHttp2(attach: Attach, options: AttachOptions, place: Place) {
  const { port, hostname, tls } = place;
  const httpServer =
    tls === undefined ? createServer() : createSecureServer({ ...tls, allowHTTP1: true });
  const server = attach(httpServer, options);
  httpServer.listen(port, hostname);
  await once(httpServer, "listening");
  return {
    port: (httpServer.address() as AddressInfo).port,
    async close(): Promise<void> {
      await server.close();
      httpServer.close();
    },
  };
}
