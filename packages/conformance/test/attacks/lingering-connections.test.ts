import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { AttackedServer, startSubject } from "../../src/attack/attacked-server.ts";
import { descriptorCount } from "../../src/attack/process-figures.ts";
import { until } from "../../src/attack/until.ts";
import { concat, FrameWriter } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
/** Time limits of the closing handshake and the opening handshake, in milliseconds. */
const timeouts = { closeTimeout: 300, handshakeTimeout: 300 };
/** Number of lingering connections at a time. */
const count = 10;

/** What a connection has sent when it ends. */
const sent = [
  ["1 message", write.text("one")],
  ["3 messages", concat(...Array<Uint8Array>(3).fill(write.text("three")))],
  [
    "300 KiB of messages",
    concat(...Array<Uint8Array>(300).fill(write.binary(new Uint8Array(1_024)))),
  ],
] as const;

/** How it ends. */
const endings = [
  ["ends", (peer: RawPeer) => peer.end()],
  ["is destroyed", (peer: RawPeer) => peer.destroy()],
  ["is reset", (peer: RawPeer) => peer.reset()],
] as const;

/**
 * Behind messages that the server does not read the end cannot be seen, and a peer that has ended one direction is not
 * gone: it may still read.
 */
const isSeen = (messages: string, ending: string) =>
  messages !== "300 KiB of messages" || ending !== "ends";

const combinations = sent.flatMap(([messages, bytes]) =>
  endings
    .filter(([ending]) => isSeen(messages, ending))
    .map(([ending, end]) => ({ messages, bytes, ending, end })),
);

describe.each(runtimes)("handlers that never settle on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "never-settling", timeouts);
  });

  afterAll(() => server?.stop());

  test.each(combinations)("after $messages the client $ending", async ({ bytes, end }) => {
    const before = server.descriptors;
    const peers = await Promise.all(Array.from({ length: count }, () => server.open()));
    for (const peer of peers) await peer.send(bytes);
    // Wait until the handler has been called.
    await server.state();
    await delay(100);
    for (const peer of peers) end(peer);
    try {
      await until(
        () => server.descriptors - before,
        (left) => left <= 0,
      );
    } finally {
      for (const peer of peers) peer.destroy();
    }
    expect(server.process.standardError).toBe("");
  });
});

describe.each(runtimes)("a client on $name and servers that never answer", (runtime) => {
  test.each(["ws", "wss"])("%s: no descriptor stays open", async (scheme) => {
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
    }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    const url = `${scheme}://127.0.0.1:${port}/`;
    const options = JSON.stringify({ handshakeTimeout: 100 });
    const client = startSubject(runtime, ["client", url, options, String(count)]);
    onTestFinished(async () => {
      await client.stop("SIGKILL");
      listener.close();
    });
    // The first attempt opens what the runtime needs for itself.
    expect(JSON.parse(await client.line(0))).toEqual({ error: "WS_ERR_HANDSHAKE_TIMEOUT" });
    const before = descriptorCount(client.pid);
    const last = await client.line(count - 1);
    expect(JSON.parse(last)).toEqual({ error: "WS_ERR_HANDSHAKE_TIMEOUT" });
    await until(
      () => descriptorCount(client.pid) - before,
      // The runtime opens some for itself, for signals for example.
      (more) => more <= 3,
    );
    expect(client.standardError).toBe("");
  });
});
