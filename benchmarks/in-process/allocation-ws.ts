/** Echoes over one server-side connection of `ws` with an in-memory stream. */
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { serveEchoes, upgradeHeaders } from "./allocation-work.ts";

/** Accepts every byte written and only counts it. */
class CountingSocket extends Duplex {
  count = 0;

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, done: () => void): void {
    this.count += bytes.length;
    done();
  }

  /** Takes corked chunks in one call, as a socket does. */
  override _writev(pieces: { chunk: Uint8Array }[], done: () => void): void {
    for (const { chunk } of pieces) this.count += chunk.length;
    done();
  }

  setTimeout(): void {}

  setNoDelay(): void {}
}

const socket = new CountingSocket();
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const request = { method: "GET", url: "/", headers: upgradeHeaders } as unknown as IncomingMessage;
server.handleUpgrade(request, socket, Buffer.alloc(0), (websocket) => {
  websocket.on("message", (data, isBinary) => websocket.send(data, { binary: isBinary }));
});
await new Promise((resolve) => setTimeout(resolve, 10));
serveEchoes({
  receive: (bytes) => socket.emit("data", bytes),
  written: () => socket.count,
});
