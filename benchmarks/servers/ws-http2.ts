/**
 * `ws` on streams of HTTP/2. It has no such server, but its class takes any stream by a method that
 * is not documented.
 */
import type { ServerHttp2Stream } from "node:http2";
import { WebSocket } from "ws";
import { createHttp2Server, listen } from "./http-server.ts";
import { maxMessageSize, serving } from "./settings.ts";

/** The part of `ws` that its types omit. */
interface StreamWebSocket extends WebSocket {
  setSocket(stream: ServerHttp2Stream, head: Uint8Array, options: object): void;
}
const StreamWebSocket = WebSocket as unknown as new (
  address: null,
  protocols: undefined,
  options: object,
) => StreamWebSocket;

const limits = { maxPayload: maxMessageSize, maxBufferedChunks: 2 ** 20, maxFragments: 2 ** 20 };

const server = await createHttp2Server();
server.on("connect", () => {}); // Node would answer each CONNECT with 405
server.on("stream", (stream) => {
  stream.respond({ ":status": 200 });
  const socket = new StreamWebSocket(null, undefined, { closeTimeout: 30_000 });
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.setSocket(stream, Buffer.alloc(0), { ...limits, allowSynchronousEvents: true });
});
serving(await listen(server));
