/** Echoes over one server-side connection of ours with an in-memory transport. */
import {
  serveWith,
  type Transport,
  type TransportListener,
} from "@framewright/websocket/transport";
import { serveEchoes, upgradeHeaders } from "./allocation-work.ts";
import { runtimeSupport } from "./runtime-support.ts";

/** Accepts every byte written and only counts it. */
class CountingTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress = "";
  readonly pending = 0;
  count = 0;

  write(bytes: Uint8Array): number {
    this.count += bytes.length;
    return bytes.length;
  }

  pause(): void {}

  resume(): void {}

  shutdown(): void {}

  destroy(): void {}
}

const transport = new CountingTransport();
await serveWith(
  {
    message(socket, data) {
      socket.send(data);
    },
  },
  async (_options, accept) => {
    accept(transport);
    return { port: 0, stop() {} };
  },
  runtimeSupport,
);
const lines = Object.entries(upgradeHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
transport.listener.receive(Buffer.from(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`));
// Wait until the handshake response has been written.
await new Promise((resolve) => setTimeout(resolve, 10));
serveEchoes({
  receive: (bytes) => transport.listener.receive(bytes),
  written: () => transport.count,
});
