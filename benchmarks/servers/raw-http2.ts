/** Echoes the bytes of each stream of HTTP/2, without WebSocket. */
import { createHttp2Server, listen } from "./http-server.ts";
import { serving } from "./settings.ts";

const server = await createHttp2Server();
server.on("connect", () => {}); // Node would answer each CONNECT with 405
server.on("stream", (stream) => {
  stream.on("error", () => {});
  stream.on("data", (bytes) => stream.write(bytes));
  stream.respond({ ":status": 200 });
});
serving(await listen(server));
