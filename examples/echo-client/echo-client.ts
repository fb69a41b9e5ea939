import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ConnectOptions, HandshakeError, Socket } from "@framewright/websocket";
import { compression, compressionFlags } from "../echo/compression.ts";
import { limitFlags, limits } from "../echo/limits.ts";

/** The `connect` function of a transport package. */
type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/** Maximum number of body bytes printed. Of a longer body only the length is printed. */
const maxPrintedBody = 200;

/**
 * Runs the echo client on any runtime. For each URL on the command line it connects, echoes every
 * message until the connection closes, and prints one line of JSON.
 */
export async function runEchoClient(connect: Connect): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ca: { type: "string" },
      subprotocol: { type: "string", multiple: true, default: [] },
      // Closes each connection after this many messages. By default the server closes it.
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
    let remaining = count;
    const socket = await connect(url, {
      ...options,
      // Unlike `for await`, a handler gets each message before the next frame is read: a message is
      // echoed even if an invalid frame arrives in the same chunk.
      message(socket, data) {
        const result = socket.send(data);
        if (--remaining === 0) socket.close(1000);
        return result === "queued" ? socket.drained : undefined;
      },
    });
    const { statusCode, reason, wasClean } = await socket.closed;
    return { url, extensions: socket.extensions, statusCode, reason, wasClean };
  } catch (error) {
    return { url, error: describe(error as HandshakeError) };
  }
}

/** Describes an error. If the server refused the WebSocket, this includes its HTTP response. */
function describe({ code, message, status, headers, body }: HandshakeError): object {
  if (headers === undefined || body === undefined) return { code, message };
  return {
    code,
    message,
    status,
    retryAfter: headers.get("retry-after"),
    bodyLength: body.length,
    ...(body.length <= maxPrintedBody ? { body: new TextDecoder().decode(body) } : {}),
  };
}
