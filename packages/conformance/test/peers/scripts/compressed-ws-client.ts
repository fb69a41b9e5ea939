import { type PerMessageDeflateOptions, WebSocket } from "ws";
import { runCompressedClient } from "./compressed-client.ts";

/** The offers, one per connection. */
const settings: readonly PerMessageDeflateOptions[] = [
  {},
  { threshold: 0 },
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
  { serverMaxWindowBits: 9, serverNoContextTakeover: true, clientNoContextTakeover: true },
  // zlib does not support so small a window, so a server must decline.
  { serverMaxWindowBits: 8 },
];

await runCompressedClient(
  settings.map((perMessageDeflate) => (url) => {
    const socket = new WebSocket(url, { perMessageDeflate });
    let extensions = "";
    // The socket's own property contains only the name.
    socket.once("upgrade", ({ headers }) => {
      extensions = headers["sec-websocket-extensions"] ?? "";
    });
    return { socket, extensions: () => extensions };
  }),
);
