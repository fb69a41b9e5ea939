import { type PerMessageDeflateOptions, WebSocket } from "ws";
import { runCompressedClient } from "./compressed-client.ts";

/** What is offered, one connection for each. */
const settings: readonly PerMessageDeflateOptions[] = [
  {},
  { threshold: 0 },
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
  { serverMaxWindowBits: 9, serverNoContextTakeover: true, clientNoContextTakeover: true },
  // zlib cannot do with so small a window, so a server has to decline.
  { serverMaxWindowBits: 8 },
];

await runCompressedClient(
  settings.map((perMessageDeflate) => (url) => {
    const socket = new WebSocket(url, { perMessageDeflate });
    let extensions = "";
    // Its own property has the name alone.
    socket.once("upgrade", ({ headers }) => {
      extensions = headers["sec-websocket-extensions"] ?? "";
    });
    return { socket, extensions: () => extensions };
  }),
);
