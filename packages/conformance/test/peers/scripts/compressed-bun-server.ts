import { converseCompressed } from "./compressed-conversation.ts";
import { Inbox, report } from "./conversation.ts";
import { announce } from "./server.ts";

/** The kind of compressor, by its name in `Bun.serve`. */
const kind = process.argv[2] as "shared" | "dedicated" | "16KB";

const server = Bun.serve<Inbox>({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, bun) {
    const upgraded = bun.upgrade(request, { data: new Inbox() });
    return upgraded ? undefined : new Response("WebSocket only", { status: 426 });
  },
  websocket: {
    perMessageDeflate: { compress: kind, decompress: kind },
    async open(socket) {
      const inbox = socket.data;
      const close = () => socket.close(1000);
      const same = await converseCompressed({
        send: (data) => socket.send(data, true),
        close,
        inbox,
      });
      close();
      const { code } = await inbox.closed;
      report({ same, code });
    },
    message(socket, message) {
      socket.data.push(message);
    },
    close(socket, code, reason) {
      socket.data.end(code, reason);
    },
  },
});
announce(Number(server.port));
