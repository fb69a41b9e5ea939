import { describe, expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { deflateFor, openCompressed, settingsFor, takeover } from "../deflate/compressors.ts";
import { openConnection, receive, takeFrames, takeFrameTexts, takeOutput } from "./drive.ts";

const byte = (value: number) => new Uint8Array([value]);

describe("a message in fragments", () => {
  test("other messages wait behind it, control frames do not", () => {
    const server = openConnection("server");
    const begun: string[] = [];
    server.beginFragments(() => void begun.push("first"));
    server.sendFragment(byte(1), false, false);
    server.send("text");
    server.send(byte(9));
    server.sendPrepared(prepareMessage("prepared"));
    expect(server.beginFragments(() => void begun.push("second"))).toBe(true);
    server.send("last");
    server.ping(byte(5));
    expect(server.heldLength).toBe(4 + 1 + prepareMessage("prepared").frame.length + 4);
    expect(server.bufferedAmount).toBe(server.queuedLength + server.heldLength);
    expect(begun).toEqual(["first"]);
    expect(takeFrames(server)).toMatchObject([
      { fin: false, opcode: 2 },
      { fin: true, opcode: 9 },
    ]);
    server.sendFragment(byte(2), false, true);
    expect(begun).toEqual(["first", "second"]);
    expect(takeFrameTexts(server)).toEqual([
      "0 02",
      "text 74657874",
      "binary 09",
      "text 7072657061726564",
    ]);
    server.sendFragment(byte(0x61), true, true);
    expect(takeFrameTexts(server)).toEqual(["text 61", "text 6c617374"]);
    expect(server.heldLength).toBe(0);
    expect(server.sendFragment(byte(1), false, true)).toBe(false);
  });

  test("bytes that wait are copied", () => {
    const server = openConnection("server");
    server.beginFragments(() => {});
    const bytes = new Uint8Array(100_000);
    server.send(bytes);
    bytes.fill(7);
    server.sendFragment(byte(1), false, true);
    expect(takeFrames(server)[1].payload.every((value) => value === 0)).toBe(true);
  });

  test("a Close frame drops it, and what waits behind it", () => {
    for (const end of ["close", "discardOutput", "discard"] as const) {
      const server = openConnection("server");
      server.beginFragments(() => {});
      server.sendFragment(byte(1), false, false);
      server.send("waits");
      if (end === "close") server.close(1000);
      else server[end]();
      expect(server.heldLength).toBe(0);
      expect(server.sendFragment(byte(2), false, true)).toBe(false);
      if (end === "discard") continue;
      expect(server.beginFragments(() => {})).toBe(false);
      const frames = takeFrames(server).map(({ opcode }) => opcode);
      expect(frames).toEqual(end === "close" ? [2, 8] : []);
    }
  });

  test("it is compressed as one message, and each fragment can be read when it arrives", () => {
    for (const agreement of [{}, takeover]) {
      const deflate = () => deflateFor(settingsFor(), agreement);
      const server = openCompressed("server", deflate());
      const client = openCompressed("client", deflate(), { streamFrom: 0 });
      server.send("before, before");
      receive(client, [takeOutput(server)]);
      server.beginFragments(() => {});
      const text = new TextEncoder().encode("so many words, so many words");
      for (const [index, end] of ["first", "second"].entries()) {
        server.sendFragment(text, true, false);
        const wire = takeOutput(server);
        expect(wire[0]).toBe(index === 0 ? 0x41 : 0);
        expect(wire.length).toBeLessThan(end === "first" ? 40 : 30);
        client.receive(wire);
        client.next();
        expect(client.message).toBe("so many words, so many words");
        while (client.next() !== 0);
      }
      server.sendFragment(new Uint8Array(0), true, true);
      server.send("after, after, after, after, after");
      expect(takeFrames(server)).toMatchObject([
        { fin: true, opcode: 0, rsv1: false },
        { fin: true, opcode: 1, rsv1: true },
      ]);
    }
  });

  test("it is sent uncompressed if there is no memory or no window to compress it", () => {
    for (const deflate of [
      deflateFor(settingsFor({ threshold: Number.POSITIVE_INFINITY }), takeover),
      deflateFor(settingsFor({ maxMemory: 0 }), {}),
    ]) {
      const server = openCompressed("server", deflate);
      server.beginFragments(() => {});
      server.sendFragment(byte(0x61), true, false);
      server.sendFragment(byte(0x61), true, true);
      expect(takeFrames(server)).toMatchObject([
        { opcode: 1, rsv1: false },
        { opcode: 0, rsv1: false },
      ]);
    }
  });

  test("a prepared message that waits behind it is compressed for its connection", () => {
    const server = openCompressed("server", deflateFor(settingsFor(), {}));
    server.beginFragments(() => {});
    server.sendPrepared(prepareMessage("words and words and words"));
    server.send("a".repeat(300_000));
    server.sendPrepared(prepareMessage("words and words and words"));
    server.sendFragment(byte(1), false, true);
    while (server.isCompressing) server.compress();
    expect(takeFrames(server).map(({ rsv1 }) => rsv1)).toEqual([true, true, true, true]);
  });
});
