import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ConnectOptions, WebSocket } from "@framewright/websocket";

/** `connect` of any of the transport packages. */
type Connect = (url: string, options: ConnectOptions) => Promise<WebSocket>;

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
      "max-message-size": { type: "string" },
    },
  });
  const { ca, "max-message-size": maxMessageSize } = values;
  const options: ConnectOptions = {
    subprotocols: values.subprotocol,
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca, "utf8") } }),
    ...(maxMessageSize === undefined ? {} : { maxMessageSize: Number(maxMessageSize) }),
  };
  for (const url of positionals) console.log(JSON.stringify(await echo(connect, url, options)));
}

async function echo(connect: Connect, url: string, options: ConnectOptions): Promise<object> {
  try {
    const socket = await connect(url, options);
    for await (const message of socket) {
      if (socket.send(message) === "queued") await socket.drained;
    }
    const { statusCode, reason, wasClean } = await socket.closed;
    return { url, statusCode, reason, wasClean };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { url, error: { code, message } };
  }
}
