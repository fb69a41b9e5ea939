import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { AttachOptions, ServeOptions, Server } from "@framewright/websocket";
import { compression, compressionFlags } from "./compression.ts";
import { type Attach, serveHttp2 } from "./http2.ts";
import { limitFlags, limits } from "./limits.ts";

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions) => Promise<Server>;

/** Runs the echo server on any runtime until SIGTERM or SIGINT. */
export async function runEchoServer(serve: Serve, attach: Attach): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8080" },
      host: { type: "string", default: "127.0.0.1" },
      ...limitFlags,
      ...compressionFlags,
      cert: { type: "string" },
      key: { type: "string" },
      http2: { type: "boolean" },
    },
  });
  const { cert, key, host } = values;
  if ((cert === undefined) !== (key === undefined)) throw new Error("--cert and --key go together");
  const tls =
    cert === undefined || key === undefined
      ? undefined
      : { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };

  const options: AttachOptions = {
    subprotocols: ["chat"],
    ...limits(values),
    ...compression(values),
    message(socket, data) {
      // Reading pauses until the peer has read the echoes.
      return socket.send(data) === "queued" ? socket.drained : undefined;
    },
  };
  const place = { port: Number(values.port), hostname: host };
  const server =
    values.http2 === true
      ? await serveHttp2(attach, options, { ...place, tls })
      : await serve({ ...options, ...place, ...(tls && { tls }) });
  const scheme = cert === undefined ? "ws" : "wss";
  const authority = host.includes(":") ? `[${host}]` : host;
  console.log(`listening on ${scheme}://${authority}:${server.port}`);

  // Then nothing is left that keeps the process alive.
  const stop = () => server.close();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** Runs an example. Reports errors without a stack trace. */
export function main(run: Promise<void>): void {
  run.catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
