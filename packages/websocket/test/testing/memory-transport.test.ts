import { Link, RawPeer, settle } from "@framewright/websocket/testing";
import { expect, test } from "vitest";

function ends() {
  const link = new Link({ clientAddress: "203.0.113.7" });
  return { link, client: new RawPeer(link.client), server: new RawPeer(link.server) };
}

test("the server sees the client's address", () => {
  expect(ends().link.server.remoteAddress).toBe("203.0.113.7");
});

test("each direction ends alone, and then the connection is closed", async () => {
  const { link, client, server } = ends();
  client.send("a");
  link.client.shutdown();
  expect(link.client.write(Uint8Array.of(1))).toBe(0);
  await settle();
  expect([server.text, server.hasEnded, client.hasEnded, link.isOpen]).toEqual([
    "a",
    true,
    false,
    true,
  ]);
  server.send("b");
  link.server.shutdown();
  await settle();
  expect([client.text, client.hasEnded, link.isOpen]).toEqual(["b", true, false]);
});

test("an end that is destroyed resets the other one, which reads first what was sent", async () => {
  const { link, client, server } = ends();
  let failure: Error | undefined;
  server.failed = (...[error]: unknown[]) => {
    failure = error as Error;
  };
  client.send("last");
  link.client.destroy();
  server.send("is not received");
  await settle();
  expect(server.text).toBe("last");
  expect(failure).toMatchObject({ code: "ECONNRESET" });
  expect(client.text).toBe("");
});

test("writing to an end that is gone is answered with a reset", async () => {
  const { link, client, server } = ends();
  link.client.shutdown();
  await settle();
  server.hasEnded = false;
  link.client.destroy();
  server.send("a");
  await settle();
  expect(server.hasEnded).toBe(true);
  expect(client.hasEnded).toBe(false);
});

test("nothing arrives while an end is paused", async () => {
  const { link, client, server } = ends();
  link.server.pause();
  client.send("a");
  await settle();
  expect(server.text).toBe("");
  link.server.resume();
  await settle();
  expect(server.text).toBe("a");
});

test("a reset ends both directions at once", async () => {
  const { link, client, server } = ends();
  client.send("a");
  link.reset();
  link.reset();
  await settle();
  expect([server.text, server.hasEnded, client.hasEnded, link.isOpen]).toEqual([
    "",
    true,
    true,
    false,
  ]);
});
