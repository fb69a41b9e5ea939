import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Transport } from "@framewright/websocket/transport";
import { expect, test } from "vitest";
import { wrapSocket } from "../src/wrap-socket.ts";

test("an upgraded socket reads into the buffer that all connections share", async () => {
  const sizes: number[] = [];
  const texts: string[] = [];
  const server = createServer();
  server.on("upgrade", (_request, socket) => {
    const transport: Transport = wrapSocket(socket);
    transport.listener = {
      receive(bytes) {
        sizes.push(bytes.buffer.byteLength);
        texts.push(Buffer.from(bytes).toString());
        transport.write(bytes.slice());
      },
      drained() {},
      ended: () => transport.shutdown(),
      failed() {},
    };
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const text of ["one", "two"]) {
    client.write(text);
    const [answer] = await once(client, "data");
    expect(String(answer)).toBe(text);
  }
  client.end();
  await once(client, "close");
  server.close();
  expect(texts).toEqual(["one", "two"]);
  expect(new Set(sizes)).toEqual(new Set([5 * 65_536]));
});
