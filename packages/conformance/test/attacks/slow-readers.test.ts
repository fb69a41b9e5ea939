import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { pageLength, pageOctet } from "../../src/attack/modes/page.ts";
import { httpHead } from "../../src/opening-handshake.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

/** In milliseconds. A slow reader takes several times the close timeout. */
const closeTimeout = 1_500;
const readingTime = 3_000;
const steps = 100;
const getPage = httpHead("GET /page HTTP/1.1", "Host: 127.0.0.1");

describe.each(runtimes)("a long HTTP answer on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "page", { closeTimeout });
  });

  afterAll(() => server?.stop());

  test("arrives complete if the client reads slowly", async () => {
    const peer = await RawPeer.connect(server.port);
    await peer.send(getPage);
    expect(await peer.takeHead()).toMatch(new RegExp(`\r\ncontent-length: ${pageLength}\r\n`, "i"));
    let length = 0;
    let wrong = 0;
    const stepLength = Math.ceil(pageLength / steps);
    while (length < pageLength) {
      // Bytes that are not read stay queued at the server.
      peer.socket.resume();
      const piece = await peer.take(Math.min(stepLength, pageLength - length));
      peer.socket.pause();
      if (piece === undefined) break;
      for (const [index, octet] of piece.entries()) {
        if (octet !== pageOctet(length + index)) wrong++;
      }
      length += piece.length;
      await delay(readingTime / steps);
    }
    expect({ length, wrong }).toEqual({ length: pageLength, wrong: 0 });
    peer.socket.resume();
    await peer.ended();
    expect(peer.inputEnd).toBe("end");
    peer.destroy();
    await server.descriptorsGivenBack();
    expect(server.process.standardError).toBe("");
  });

  test("is cut off if the client reads nothing but its head", async () => {
    const peers = await Promise.all(Array.from({ length: 5 }, () => RawPeer.connect(server.port)));
    for (const peer of peers) {
      await peer.send(getPage);
      // The head shows that the server has begun to answer.
      expect(await peer.takeHead()).toContain(" 200 ");
      peer.socket.pause();
    }
    await server.descriptorsGivenBack();
    for (const peer of peers) peer.destroy();
    expect(server.process.standardError).toBe("");
  });
});
