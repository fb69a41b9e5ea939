/**
 * Tries the features in the table of docs/runtimes.md on this runtime, and prints "yes" or the code
 * of the error for each. The arguments are the package, a folder for sockets, and a file with
 * certificates as JSON.
 */
import { readFileSync } from "node:fs";
import type * as transport from "@framewright/node-transport";

const [name, directory, file] = process.argv.slice(2);
const { connect, serve }: typeof transport = await import(name);
const { ca, pair, encrypted, passphrase, client } = JSON.parse(readFileSync(file, "utf8"));

/** Starts a server, connects to it, and fails unless a message comes back. */
async function echo(
  options: transport.ServeOptions,
  tls: transport.ClientTls = {},
  path = "",
  use: (server: transport.Server) => void = () => {},
  connecting: transport.ConnectOptions = {},
): Promise<void> {
  await using server = await serve({
    ...options,
    message: (socket, data) => void socket.send(data),
  });
  use(server);
  const host =
    options.tls === undefined && connecting.family === undefined ? "127.0.0.1" : "localhost";
  const url = `${options.tls === undefined ? "ws" : "wss"}://${host}:${server.port}/`;
  const socket = await connect(path || url, { ...connecting, tls: { ca, ...tls } });
  socket.send("hello");
  for await (const _message of socket) socket.close(1000);
}

const requested = { ...pair, requestCert: true, ca };
const abstract = `framewright/${crypto.randomUUID()}`;
function requireCertificate({ peerCertificate }: transport.IncomingRequest): undefined {
  if (peerCertificate?.commonName !== "alice") throw new Error("there is no certificate");
}

const features: Record<string, () => Promise<void>> = {
  reusePort: () => echo({ reusePort: true }),
  unix: () => echo({ unix: `${directory}/a.sock` }, {}, `ws+unix:${directory}/a.sock:/`),
  "abstract names": () => echo({ unix: `\0${abstract}` }, {}, `ws+unix:@${abstract}:/`),
  "tls.passphrase": () => echo({ tls: { ...encrypted, passphrase } }),
  "tls.requestCert": () => echo({ tls: requested }, client),
  "request.peerCertificate": () => echo({ tls: requested, accept: requireCertificate }, client),
  "tls.minVersion": () => echo({ tls: { ...pair, minVersion: "TLSv1.3" } }),
  "tls.alpn": () => echo({ tls: { ...pair, alpn: ["http/1.1"] } }),
  "tls.serverNames": () =>
    echo({ tls: { ...encrypted, passphrase, serverNames: { localhost: pair } } }),
  "server.setTls": () => echo({ tls: pair }, {}, "", (server) => server.setTls(pair)),
  client: () =>
    echo({ tls: requested }, { ...client, serverName: "localhost", minVersion: "TLSv1.3" }),
  "client `tls.alpn`": () => echo({ tls: pair }, { alpn: ["x", "http/1.1"] }),
  "rejectUnauthorized: false": () =>
    echo({ tls: pair }, { rejectUnauthorized: false, serverName: "other.example" }),
  "lookup` and `family": () =>
    echo({}, {}, "", () => {}, { family: 4, lookup: async () => ["::1", "127.0.0.1"] }),
  localAddress: () => echo({}, {}, "", () => {}, { localAddress: "127.0.0.5" }),
  signal: () => {
    const signal = AbortSignal.timeout(60_000);
    const handshakeTimeout = { lookup: 60_000, connect: 60_000, tls: 60_000, response: 60_000 };
    return echo({}, {}, "", () => {}, { signal, handshakeTimeout, redirects: 1 });
  },
};

const results: Record<string, string> = {};
for (const [feature, run] of Object.entries(features)) {
  results[feature] = await run().then(
    () => "yes",
    (error) => error.code ?? String(error),
  );
}
console.log(JSON.stringify(results));
