import { once } from "node:events";
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { type DuplexClass, TransportStream } from "../../src/transport/transport-stream.ts";
import { memoryPipe, RawPeer, settle } from "../memory-transport.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A stream over one end of a pipe, whose other end is the test's. */
function pair(first = new Uint8Array(0)) {
  const [transport, other] = memoryPipe();
  const peer = new RawPeer(other);
  const below = new TransportStream(Duplex as unknown as DuplexClass, transport, first);
  return { transport, peer, below, stream: below.stream as unknown as Duplex };
}

test("passes bytes on in both directions, the first ones too", async () => {
  const first = encode("first ");
  const { peer, stream } = pair(first);
  first.fill(0);
  let text = "";
  stream.on("data", (bytes) => {
    text += bytes.toString();
  });
  peer.send("second");
  stream.write("hello");
  await settle();
  // The pipe reuses the memory of what it has delivered.
  expect([text, peer.text]).toEqual(["first second", "hello"]);
});

test("keeps bytes that the transport reuses, also those of a Buffer", async () => {
  const first = Buffer.from("first");
  const { stream } = pair(first);
  // Its `slice` does not copy.
  first.fill(0);
  expect(`${(await once(stream, "data"))[0]}`).toBe("first");
});

test("a write is done when the transport has accepted it all", async () => {
  const { transport, peer, below, stream } = pair();
  transport.capacity = 3;
  const events: string[] = [];
  below.onSent = () => void events.push("sent");
  stream.write("hello", () => events.push("hello"));
  stream.write("again", () => events.push("again"));
  await settle();
  expect([peer.text, events, stream.writableLength]).toEqual(["hel", [], 10]);
  transport.allow(4);
  await settle();
  expect([peer.text, events]).toEqual(["helloag", ["hello"]]);
  transport.allow(100);
  await settle();
  expect([peer.text, stream.writableLength]).toEqual(["helloagain", 0]);
  expect(events.toSorted()).toEqual(["again", "hello", "sent"]);
});

test("pauses the transport while the stream is full or held", async () => {
  const { transport, peer, below, stream } = pair();
  await settle();
  while (!transport.paused) {
    peer.send(new Uint8Array(10_000));
    await settle();
  }
  expect(stream.readableLength).toBeLessThan(100_000);
  below.hold(true);
  stream.resume();
  await settle();
  expect([transport.paused, stream.readableLength]).toEqual([true, 0]);
  below.hold(false);
  expect(transport.paused).toBe(false);
  below.hold(true);
  expect(transport.paused).toBe(true);
});

test("each direction ends separately", async () => {
  const { transport, peer, stream } = pair();
  stream.resume();
  peer.transport.shutdown();
  await once(stream, "end");
  stream.end("last");
  await settle();
  expect([peer.text, peer.hasEnded, transport.outputEnded]).toEqual(["last", true, true]);
});

test("a failure of the transport is one of the stream, and destroys it", async () => {
  const { below, stream } = pair();
  const failed = once(stream, "error");
  below.failed(new Error("reset"));
  expect(await failed).toEqual([expect.objectContaining({ message: "reset" })]);
  expect(stream.destroyed).toBe(true);
});

test("a destroyed stream destroys the transport", async () => {
  const { transport, stream } = pair();
  stream.destroy();
  await settle();
  expect(transport.destroyed).toBe(true);
});
