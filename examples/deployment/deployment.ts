import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type AttachOptions,
  type HttpResponse,
  type IncomingRequest,
  refuse,
  type ServeOptions,
  type Server,
} from "@framewright/websocket";
import { clientAddress } from "./client-address.ts";
import { closeOnSigterm } from "./close-on-sigterm.ts";
import { type Attach, serveHttp2 } from "./http2.ts";

/** What `accept` knows about a client; `socket.data`. */
interface Client {
  readonly address: string;
}

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions<Client>) => Promise<Server<Client>>;

const flags = {
  port: { type: "string", default: "8080" },
  /** Speaks HTTP/2 with the proxy. With a certificate also HTTP/1.1, on the same port. */
  http2: { type: "boolean", default: false },
  /** Files of a certificate and its key. Default: without TLS, which the proxy ends. */
  cert: { type: "string" },
  key: { type: "string" },
  /** Clients that send another `Authorization: Bearer` token get 401. Default: all may connect. */
  token: { type: "string" },
  /** Milliseconds between Pings; 0 turns them off. */
  heartbeat: { type: "string", default: "25000" },
  /** Milliseconds that a message takes. */
  "work-time": { type: "string", default: "0" },
  /** Milliseconds from SIGTERM until no more connections are accepted. */
  "readiness-delay": { type: "string", default: "5000" },
  /** Milliseconds over which the clients are sent away. */
  "spread-over": { type: "string", default: "10000" },
  /** Milliseconds for which the last of them are waited for. */
  timeout: { type: "string", default: "5000" },
} as const;

const delay = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

/** Runs an echo server behind a proxy, with a health check, until SIGTERM. */
export async function runServer(serve: Serve, attach: Attach<Client>): Promise<void> {
  const { values } = parseArgs({ options: flags });
  const interval = Number(values.heartbeat);
  const port = Number(values.port);
  const { cert, key } = values;
  const tls =
    cert && key ? { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } : undefined;
  let isReady = true;

  const options: AttachOptions<Client> = {
    origins: "same",
    compression: true,
    heartbeat: interval === 0 ? false : { interval },
    accept(request) {
      if (!isAuthorized(request, values.token)) return refuse(401, "a token is needed");
      return { address: clientAddress(request, ["127.0.0.1"]) };
    },
    open: (socket) => console.log(`${socket.data.address} connected`),
    async message(socket, data) {
      await delay(Number(values["work-time"]));
      if (socket.send(data) === "queued") await socket.drained;
    },
    close(socket, statusCode, reason) {
      console.log(`${socket.data.address} left: ${statusCode} ${reason}`.trimEnd());
    },
  };
  const http = ({ path }: Pick<IncomingRequest, "path">): HttpResponse => {
    if (path !== "/healthz") return { status: 404 };
    return isReady ? { status: 200, body: "ready\n" } : { status: 503, body: "closing\n" };
  };
  const server = values.http2
    ? await serveHttp2(attach, options, { port, tls, http })
    : await serve({ ...options, port, http, ...(tls && { tls }) });
  console.log(`listening on ws://127.0.0.1:${server.port}`);

  const times = {
    readinessDelay: Number(values["readiness-delay"]),
    spreadOver: Number(values["spread-over"]),
    timeout: Number(values.timeout),
  };
  closeOnSigterm(server, times, () => {
    isReady = false;
  });
}

function isAuthorized({ headers }: IncomingRequest, token: string | undefined): boolean {
  return token === undefined || headers.get("authorization") === `Bearer ${token}`;
}
