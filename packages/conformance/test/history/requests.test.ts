import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { until } from "../../src/attack/until.ts";
import { httpHead, ReceivedHead } from "../../src/opening-handshake.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";
import { requestExploits } from "./request-exploits.ts";

/** Returns the status lines of everything that the server answers until it ends the connection. */
async function answersTo(port: number, bytes: Uint8Array): Promise<string[]> {
  const peer = await RawPeer.connect(port);
  await peer.send(bytes);
  const received = (await peer.takeAll()).toString("latin1");
  peer.destroy();
  return received.match(/HTTP\/1\.1 \d{3}/g) ?? [];
}

describe.each(runtimes)("requests that did harm elsewhere, to $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo");
  });

  afterAll(() => server?.stop());

  for (const { name, send, status } of requestExploits) {
    test(name, async () => {
      expect(await answersTo(server.port, send)).toEqual([`HTTP/1.1 ${status}`]);
      expect(await server.isServing()).toBe(true);
    });
  }

  test("CVE-2026-100658 of Netty: 10,000 requests without waiting for the answers", async () => {
    const request = httpHead("GET / HTTP/1.1", "Host: localhost");
    const all = Buffer.concat(Array<Uint8Array>(10_000).fill(request));
    // The server ends the connection after its answer. What it did not read may reset TCP.
    const peer = await RawPeer.connect(server.port);
    await peer.send(all);
    const head = new ReceivedHead((await peer.takeHead()) ?? "");
    expect([head.startLine.slice(0, 12), head.one("connection")]).toEqual([
      "HTTP/1.1 200",
      "close",
    ]);
    const rest = (await peer.takeAll()).toString("latin1");
    expect(rest).not.toContain("HTTP/1.1");
    peer.destroy();
    await server.descriptorsGivenBack();
  });

  test("GHSA-9mqv-5hh9-4cgg of @hono/node-server: opening handshakes without a key, again and again", async () => {
    const keyless = httpHead(
      "GET / HTTP/1.1",
      "Host: localhost",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
    );
    await Promise.all(Array.from({ length: 50 }, () => answersTo(server.port, keyless)));
    const before = await server.memoryInUse();
    for (let round = 0; round < 10; round++) {
      const answers = Array.from({ length: 50 }, () => answersTo(server.port, keyless));
      expect(new Set((await Promise.all(answers)).flat())).toEqual(new Set(["HTTP/1.1 400"]));
    }
    // Each request that is kept would take 2 KB or more.
    await until(
      () => server.memoryInUse(),
      (memory) => memory < before + 1_000_000,
      10_000,
    );
    await server.descriptorsGivenBack();
  });

  test("no request was reported as an error, and the process is alive", async () => {
    expect((await server.state()).errors).toEqual([]);
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
  });
});
