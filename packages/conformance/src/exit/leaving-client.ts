import process from "node:process";
import type { ConnectOptions, Socket } from "@framewright/websocket";

type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/**
 * Connects over HTTP/2 to the URLs of the command line at once, closes what opens, and prints
 * nothing but the resident memory in bytes. The process ends if nothing keeps it.
 */
export async function runLeavingClient(connect: Connect): Promise<void> {
  await Promise.all(process.argv.slice(2).map((url) => visit(connect, url)));
  console.log(process.memoryUsage().rss);
}

async function visit(connect: Connect, url: string): Promise<void> {
  const options: ConnectOptions = {
    http2: true,
    handshakeTimeout: 500,
    closeTimeout: 200,
    heartbeat: false,
  };
  const socket = await connect(url, options).catch(() => undefined);
  socket?.close();
  await socket?.closed;
}
