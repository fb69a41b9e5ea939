import { Link, RawPeer, settle } from "@framewright/websocket/testing";
import { expect, test } from "vitest";

test("sends bytes and text in pieces, and gathers what comes", async () => {
  const link = new Link();
  const [client, server] = [new RawPeer(link.client), new RawPeer(link.server)];
  const bytes = Uint8Array.of(0xff);
  client.send("é", [0, 1], bytes);
  bytes.fill(0);
  await settle();
  expect(server.take()).toEqual([0xc3, 0xa9, 0, 1, 0xff]);
  expect([server.received.length, server.hasEnded]).toEqual([0, false]);
  server.send("HTTP/1.1 200 OK");
  await settle();
  expect(client.text).toBe("HTTP/1.1 200 OK");
  server.transport.shutdown();
  await settle();
  expect(client.hasEnded).toBe(true);
});

test("a reset is an end too", async () => {
  const link = new Link();
  const client = new RawPeer(link.client);
  new RawPeer(link.server).transport.destroy();
  await settle();
  expect(client.hasEnded).toBe(true);
});
