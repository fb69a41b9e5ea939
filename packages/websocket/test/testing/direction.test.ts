import { Link, type LinkOptions, RawPeer, settle, TestClock } from "@framewright/websocket/testing";
import { afterEach, describe, expect, test } from "vitest";

let clock: TestClock | undefined;
afterEach(() => {
  clock?.uninstall();
  clock = undefined;
});

/** Both ends of a connection; `chunks` are the lengths in which bytes came to the server. */
function ends(options: LinkOptions = {}) {
  const link = new Link(options);
  const client = new RawPeer(link.client);
  const server = new RawPeer(link.server);
  const chunks: number[] = [];
  const failures: Error[] = [];
  let drains = 0;
  link.server.listener = {
    receive(bytes) {
      chunks.push(bytes.length);
      server.receive(bytes);
    },
    drained() {},
    ended: () => server.ended(),
    failed(error) {
      failures.push(error);
      server.failed();
    },
  };
  client.drained = () => {
    drains++;
  };
  return { link, client, server, chunks, failures, drains: () => drains };
}

describe("chunks", () => {
  test("arrive as they were written, after the call has returned", async () => {
    const { client, server, chunks } = ends();
    client.send("ab", "cde");
    expect(chunks).toEqual([]);
    await settle();
    expect(chunks).toEqual([2, 3]);
    expect(server.text).toBe("abcde");
  });

  test("do not change with a Buffer that was written", async () => {
    const { link, server } = ends();
    const bytes = Buffer.from("abc");
    link.client.write(bytes);
    bytes.fill("x");
    await settle();
    expect(server.text).toBe("abc");
  });

  test("are split and joined to the lengths of the option, over and over", async () => {
    const { client, server, chunks } = ends({ toServer: { chunks: [1, 4] } });
    client.send("abc", "defghij", "k");
    await settle();
    expect(chunks).toEqual([1, 4, 1, 4, 1]);
    expect(server.text).toBe("abcdefghijk");
  });

  test("are overwritten after they were received, because they are borrowed", async () => {
    const link = new Link();
    new RawPeer(link.client);
    const kept: Uint8Array[] = [];
    const server = new RawPeer(link.server);
    server.receive = (bytes) => void kept.push(bytes);
    link.client.write(Uint8Array.of(1, 2));
    await settle();
    expect(kept.map((bytes) => [...bytes])).toEqual([[0xee, 0xee]]);
  });
});

describe("latency", () => {
  test("delays bytes and the end by the time of the clock, in order", async () => {
    clock = TestClock.install();
    const { client, server, link } = ends({ toServer: { latency: 50, chunks: [100] } });
    client.send("a");
    await clock.advance(20);
    client.send("b");
    link.client.shutdown();
    await clock.advance(29);
    expect(server.text).toBe("");
    await clock.advance(1);
    expect(server.text).toBe("a");
    expect(server.hasEnded).toBe(false);
    await clock.advance(20);
    expect([server.text, server.hasEnded]).toEqual(["ab", true]);
  });

  test("works with the runtime's clock too", async () => {
    const { client, server } = ends({ toServer: { latency: 2 } });
    client.send("a");
    await settle();
    await expect.poll(() => server.text).toBe("a");
  });
});

describe("holding", () => {
  test("hold, pass and release decide how many bytes arrive", async () => {
    const { client, server, link } = ends();
    link.toServer.hold();
    client.send("abcdef");
    await settle();
    expect([server.text, link.toServer.waitingLength]).toEqual(["", 6]);
    link.toServer.pass(2);
    await settle();
    expect(server.text).toBe("ab");
    link.toServer.release();
    await settle();
    expect([server.text, link.toServer.deliveredLength]).toEqual(["abcdef", 6]);
  });

  test("the end waits for the bytes before it", async () => {
    const { client, server, link } = ends();
    link.hold();
    client.send("a");
    link.client.shutdown();
    await settle();
    expect(server.hasEnded).toBe(false);
    link.release();
    await settle();
    expect([server.text, server.hasEnded]).toEqual(["a", true]);
  });
});

describe("bufferSize", () => {
  test("limits what waits, and the sender is told when there is space again", async () => {
    const { link, server, drains } = ends({ toServer: { bufferSize: 4 } });
    link.toServer.hold();
    expect(link.client.write(new Uint8Array(3))).toBe(3);
    expect(link.client.write(new Uint8Array(3))).toBe(1);
    expect(link.client.write(new Uint8Array(3))).toBe(0);
    expect(drains()).toBe(0);
    link.toServer.release();
    await settle();
    expect(drains()).toBe(1);
    expect(server.received.length).toBe(4);
  });
});

describe("a cut", () => {
  test.each([
    ["end", true, []],
    ["reset", true, ["ECONNRESET"]],
    ["silence", false, []],
    ["stall", false, []],
  ] as const)("by %s comes after that many bytes", async (kind, hasEnded, codes) => {
    const { client, server, link, failures } = ends({ toServer: { cut: { after: 3, kind } } });
    client.send("ab", "cdef");
    await settle();
    expect([server.text, server.hasEnded]).toEqual(["abc", hasEnded]);
    expect(failures.map((error) => (error as Error & { code: string }).code)).toEqual(codes);
    expect(client.hasEnded).toBe(kind === "reset");
    link.release();
    await settle();
    expect(server.text).toBe(kind === "stall" ? "abcdef" : "abc");
  });

  test("does not need a byte behind it", async () => {
    const { client, server } = ends({ toServer: { cut: { after: 2, kind: "reset" } } });
    client.send("ab");
    await settle();
    expect([server.text, server.hasEnded]).toEqual(["ab", true]);
  });

  test("lose drops what is on its way and all that follows", async () => {
    const { client, server, link, failures } = ends();
    client.send("a");
    link.lose();
    client.send("b");
    link.client.destroy();
    await settle();
    expect([server.text, server.hasEnded, failures]).toEqual(["", false, []]);
  });
});

describe("options", () => {
  test.each([
    [{ latency: -1 }, "option latency must be an integer from 0 to 2147483647, got -1"],
    [{ chunks: [0] }, "option chunks must be an integer from 1 to 9007199254740991, got 0"],
    [{ chunks: 1 }, "option chunks must be an array of lengths, got 1"],
    [{ bufferSize: 0 }, "option bufferSize must be an integer from 1 to 9007199254740991, got 0"],
    [
      { cut: { after: 1, kind: "loss" } },
      'option cut.kind must be "end", "reset", "silence" or "stall", got "loss"',
    ],
    [
      { cut: { after: 0.5, kind: "end" } },
      "option cut.after must be an integer from 0 to 9007199254740991, got 0.5",
    ],
  ])("%j", (toServer, message) => {
    expect(() => new Link({ toServer } as LinkOptions)).toThrow(message);
  });
});
