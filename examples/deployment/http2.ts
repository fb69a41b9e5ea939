import { once } from "node:events";
import { createSecureServer, createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type {
  AttachedServer,
  AttachOptions,
  HttpResponse,
  IncomingRequest,
  Server,
} from "@framewright/websocket";

/** The `attach` function of a transport package. */
export type Attach<Data> = (
  httpServer: Http2Server,
  options: AttachOptions<Data>,
) => AttachedServer<Data>;

export interface Http2Options {
  readonly port: number;
  /** Without it, HTTP/2 is spoken without TLS, to a proxy that ends TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Responds to requests that are no opening handshakes. */
  http(request: Pick<IncomingRequest, "path">): HttpResponse;
}

/** Serves WebSockets over HTTP/2 (RFC 8441). With TLS also over HTTP/1.1, on the same port. */
export async function serveHttp2<Data>(
  attach: Attach<Data>,
  options: AttachOptions<Data>,
  { port, tls, http }: Http2Options,
): Promise<Pick<Server<Data>, "port" | "close">> {
  const httpServer =
    tls === undefined ? createServer() : createSecureServer({ ...tls, allowHTTP1: true });
  const server = attach(httpServer, options);
  httpServer.on("request", ({ url }, response) => {
    const { status, body = "" } = http({ path: url.split("?")[0] });
    response.writeHead(status).end(body);
  });
  httpServer.listen(port, "127.0.0.1");
  await once(httpServer, "listening");
  return {
    port: (httpServer.address() as AddressInfo).port,
    async close(closeOptions) {
      const result = await server.close(closeOptions);
      // Listens no more and says GOAWAY on connections, which a proxy keeps for further requests.
      httpServer.close();
      return result;
    },
  };
}
