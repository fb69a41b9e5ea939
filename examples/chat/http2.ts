import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { AttachedServer, AttachOptions, HttpResponse } from "@framewright/websocket";
import type { PageRequest } from "./site.ts";
import type { Visitor } from "./visitor.ts";

/** The `attach` function of a transport package. */
export type Attach = (
  httpServer: Http2SecureServer,
  options: AttachOptions<Visitor>,
) => AttachedServer<Visitor>;

/** Where to listen, and the files of a certificate and its key. */
export interface Http2Options {
  readonly port: number;
  readonly hostname: string;
  /** Default: a certificate that is made for this run. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * Serves the page and the WebSockets over HTTP/2 (RFC 8441), so that a browser needs one TCP
 * connection for all of them. Browsers speak HTTP/2 only over TLS.
 */
export async function serveHttp2(
  attach: Attach,
  options: AttachOptions<Visitor>,
  site: (request: PageRequest) => HttpResponse,
  { port, hostname, cert, key }: Http2Options,
): Promise<AttachedServer<Visitor> & { readonly port: number }> {
  if ((cert === undefined) !== (key === undefined)) throw new Error("--cert and --key go together");
  const certificate =
    cert === undefined || key === undefined
      ? await makeCertificate(hostname)
      : { cert: readFileSync(cert), key: readFileSync(key) };
  const httpServer = createSecureServer({ ...certificate, allowHTTP1: true });
  const server = attach(httpServer, options);
  httpServer.on("request", ({ method, url }, response) => {
    const { status, headers, body } = site({ method, path: url.split("?")[0] });
    // HTTP/2 has no Upgrade header (RFC 9113 section 8.2.2).
    const { Upgrade: _, ...fields } = (headers ?? {}) as Record<string, string>;
    response.writeHead(status, fields);
    response.end(method === "HEAD" ? "" : (body ?? ""));
  });
  httpServer.listen(port, hostname);
  await once(httpServer, "listening");
  return Object.assign(server, { port: (httpServer.address() as AddressInfo).port });
}

/** Makes a self-signed certificate. A browser warns about it. */
async function makeCertificate(hostname: string): Promise<{ cert: string; key: string }> {
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: hostname }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
