/**
 * Starts two servers that require certificates of clients, with the package, files and options on
 * the command line, and prints their ports. A request for `/replace` makes the first one trust the
 * authority of the second one alone.
 */
import { readFileSync } from "node:fs";
import type * as transport from "@framewright/node-transport";

const [name, certFile, keyFile, caFile, otherCaFile, variant] = process.argv.slice(2);
const { serve }: typeof transport = await import(name);
const [cert, key, ca, otherCa] = [certFile, keyFile, caFile, otherCaFile].map((file) =>
  readFileSync(file, "utf8"),
);
const tls = {
  cert,
  key,
  requestCert: true,
  ...(variant === "names" ? { serverNames: {} } : {}),
};

async function start(authority: string): Promise<transport.Server> {
  const server = await serve({
    tls: { ...tls, ca: authority },
    http(request) {
      if (request.path === "/replace") server.setTls({ ...tls, ca: otherCa });
      return { status: 200, body: `hello ${request.peerCertificate?.commonName}` };
    },
  });
  return server;
}

const servers = [await start(ca), await start(otherCa)];
console.log(JSON.stringify(servers.map(({ port }) => port)));
