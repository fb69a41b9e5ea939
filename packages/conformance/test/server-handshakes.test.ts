import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serverHandshakeCases } from "../src/cases/server-handshake.ts";
import type { ServerHandshakeCase } from "../src/cases/server-handshake-case.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { acceptFor, ReceivedHead, upgradeRequest } from "../src/opening-handshake.ts";
import { RawPeer } from "../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, openPeer } from "../src/server-driver.ts";

async function takeHead(peer: RawPeer): Promise<ReceivedHead> {
  const head = await peer.takeHead();
  if (head === undefined) throw new Error("TCP ended before an answer");
  return new ReceivedHead(head);
}

/**
 * Expects the response that opens the connection (RFC 6455 section 4.2.2), and a working
 * connection.
 */
async function expectOpening(peer: RawPeer, testCase: ServerHandshakeCase): Promise<void> {
  const { send, subprotocol } = testCase;
  const [, key] = /^sec-websocket-key:\s*(\S+)/im.exec(Buffer.from(send).toString()) ?? [];
  const head = await takeHead(peer);
  expect(head.startLine).toMatch(/^HTTP\/1\.1 101 /);
  expect(head.one("upgrade")).toMatch(/^websocket$/i);
  expect(head.one("connection")).toMatch(/^upgrade$/i);
  expect(head.one("sec-websocket-accept")).toBe(acceptFor(key));
  expect(head.all("sec-websocket-protocol")).toEqual(
    subprotocol === undefined ? [] : [subprotocol],
  );
  expect(head.all("sec-websocket-extensions")).toEqual([]);
  expect(await echoes(peer, "open")).toBe(true);
  await peer.send(new FrameWriter("client").close(1000));
  expect(await peer.takeFrame()).toMatchObject({ opcode: 8, payload: Buffer.of(0x03, 0xe8) });
}

/** Expects a refusal with one line of plain text as its reason. */
async function expectRefusal(peer: RawPeer, { status, send }: ServerHandshakeCase): Promise<void> {
  const head = await takeHead(peer);
  const body = await peer.takeAll();
  expect(head.startLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  expect(head.one("connection")).toBe("close");
  expect(head.one("content-type")).toMatch(/^text\/plain/);
  if (Buffer.from(send).toString("latin1").startsWith("HEAD ")) {
    // RFC 9110 section 9.3.2: the head describes the body that a GET would have returned.
    expect(body.length).toBe(0);
    expect(head.one("content-length")).toMatch(/^[1-9]\d*$/);
  } else {
    expect(head.one("content-length")).toBe(String(body.length));
    expect(body.toString("latin1")).toMatch(/^[\x20-\x7e]+\n$/);
  }
  expect(head.one("allow")).toBe(status === 405 ? "GET" : undefined);
  // RFC 6455 section 4.4 and RFC 9110 section 15.5.22.
  expect(head.one("sec-websocket-version")).toBe(status === 426 ? "13" : undefined);
  expect(head.one("upgrade")).toBe(status === 426 ? "websocket" : undefined);
}

describe.each(runtimes)("opening handshakes with the echo server on $name", (runtime) => {
  let server: ServerProcess;
  let bystander: RawPeer;

  beforeAll(async () => {
    server = await startEchoServer(runtime);
    bystander = await openPeer(server.port);
  });

  afterAll(async () => {
    bystander?.destroy();
    await server?.process.stop("SIGKILL");
  });

  for (const testCase of serverHandshakeCases) {
    test(`${testCase.name} (section ${testCase.section})`, async () => {
      const peer = await RawPeer.connect(server.port);
      await peer.send(testCase.send);
      if (testCase.status === 101) await expectOpening(peer, testCase);
      else await expectRefusal(peer, testCase);
      await peer.ended();
      expect(peer.inputEnd).toBe("end");
      peer.destroy();
      expect(await echoes(bystander, `still here after: ${testCase.name}`)).toBe(true);
    });
  }

  test("an end in the middle of a head is not answered", async () => {
    const peer = await RawPeer.connect(server.port);
    await peer.send(upgradeRequest().subarray(0, 50));
    peer.end();
    expect((await peer.takeAll()).toString("latin1")).toBe("");
    expect(await echoes(bystander, "still here")).toBe(true);
  });

  test("a reset in the middle of a head does not affect the server", async () => {
    const peer = await RawPeer.connect(server.port);
    await peer.send(upgradeRequest().subarray(0, 50));
    expect(await echoes(bystander, "the half head has been sent")).toBe(true);
    peer.reset();
    expect(await echoes(bystander, "still here")).toBe(true);
    const next = await openPeer(server.port);
    expect(await echoes(next, "open as ever")).toBe(true);
    next.destroy();
  });

  test("nothing was reported as an error, and the process is alive", () => {
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
  });
});
