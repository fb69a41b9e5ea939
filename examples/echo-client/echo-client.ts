import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ConnectOptions, HandshakeError, Socket } from "@framewright/websocket";
import { compression, compressionFlags } from "../echo/compression.ts";
import { limitFlags, limits } from "../echo/limits.ts";

/** `connect` of any of the transport packages. */
type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/** Of a longer body only the length is printed. */
const maxPrintedBody = 200;

/**
 * The echo client, whatever the runtime: for each URL on the command line connects, sends every
 * message back as it came until the connection closes, and prints one line of JSON.
 */
export async function runEchoClient(connect: Connect): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ca: { type: "string" },
      subprotocol: { type: "string", multiple: true, default: [] },
      // Closes each connection after so many messages, instead of leaving that to the server.
      messages: { type: "string", default: "Infinity" },
      ...limitFlags,
      ...compressionFlags,
    },
  });
  const { ca, subprotocol: subprotocols } = values;
  const options: ConnectOptions = {
    subprotocols,
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca, "utf8") } }),
    ...limits(values),
    ...compression(values),
  };
  const count = Number(values.messages);
  for (const url of positionals)
    console.log(JSON.stringify(await echo(connect, url, options, count)));
}

async function echo(
  connect: Connect,
  url: string,
  options: ConnectOptions,
  count: number,
): Promise<object> {
  try {
    const socket = await connect(url, options);
    let remaining = count;
    for await (const message of socket) {
      if (socket.send(message) === "queued") await socket.drained;
      if (--remaining === 0) socket.close(1000);
    }
    const { statusCode, reason, wasClean } = await socket.closed;
    return { url, extensions: socket.extensions, statusCode, reason, wasClean };
  } catch (error) {
    return { url, error: describe(error as HandshakeError) };
  }
}

/** What is worth knowing of an error: of an answer that refuses the WebSocket also what it says. */
function describe({ code, message, httpStatus, headers, body }: HandshakeError): object {
  if (headers === undefined || body === undefined) return { code, message };
  return {
    code,
    message,
    httpStatus,
    retryAfter: headers.get("retry-after"),
    bodyLength: body.length,
    ...(body.length <= maxPrintedBody ? { body: new TextDecoder().decode(body) } : {}),
  };
}
