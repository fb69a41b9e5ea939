import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClientOptions } from "ws";
import { isWholeOn } from "../../../../test-depth.ts";
import { type Certificates, makeCertificates } from "../../../websocket/test/certificates.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import { proxies } from "../../src/proxies/installed.ts";
import { ProxyProcess } from "../../src/proxies/proxy-process.ts";
import { Visitor } from "../../src/proxies/visitor.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, type ServerProcess, startServerFromSource } from "../../src/runtimes.ts";
import { opening } from "../../src/server-driver.ts";

/** All of 127.0.0.0/8 is this machine. The proxy's own address is another. */
const visitorAddress = "127.0.0.2";
const authorization = "Bearer secret";
const write = new FrameWriter("client");

const short = Uint8Array.of(0, 1, 0x80, 0xff);
const long = new Uint8Array(1_048_576).map((_, index) => (index * 31) & 0xff);
/** More than nginx accepts by default as the body of a request, 1 MiB. */
const longer = new Uint8Array(3_000_000).map((_, index) => (index * 37) & 0xff);
const messages = [
  ["short text", "h\u00e9llo \u20ac"],
  ["short binary", short],
  ["1 MiB of text", "\u20ac".repeat(349_525)],
  ["1 MiB of binary", long],
  ["3 MB of binary", longer],
] as const;

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

for (const { name, skipped } of proxies)
  describe.skipIf(skipped).each(runtimes)(`${name} in front of a server on $name`, (runtime) => {
    let server: ServerProcess;
    let proxy: ProxyProcess;
    /** Number of lines that the server has printed and the tests have read. */
    let read = 1;
    const visitors: Visitor[] = [];

    beforeAll(async () => {
      const script = `examples/deployment/${runtime.name}.ts`;
      server = await startServerFromSource(runtime, script, ["--port", "0", "--token", "secret"]);
      proxy = await ProxyProcess.start(name, { servers: [server.port, server.port] }, certificates);
    });

    afterAll(async () => {
      for (const visitor of visitors) visitor.terminate();
      await proxy?.stop();
      await server?.process.stop("SIGKILL");
    });

    /** Connects over TLS, which the proxy ends. */
    async function visit(options: ClientOptions = {}): Promise<Visitor> {
      const visitor = await Visitor.open(`wss://127.0.0.1:${proxy.tlsPort}/`, {
        ca: certificates.ca,
        perMessageDeflate: false,
        localAddress: visitorAddress,
        ...options,
        headers: { authorization, ...options.headers },
      });
      visitors.push(visitor);
      return visitor;
    }

    /** Returns the next line that the server prints. */
    const printed = () => server.process.line(read++);

    test("messages of both types, short and long, and the close that the client starts", async () => {
      const visitor = await visit();
      expect(visitor.extensions).toBe("");
      expect(await printed()).toBe(`${visitorAddress} connected`);
      for (const [what, message] of messages) {
        const isSame = isDeepStrictEqual(await visitor.echoOf(message), message);
        expect(isSame, what).toBe(true);
      }
      visitor.close(3_001, "done");
      expect(await visitor.left).toEqual({ code: 3_001, reason: "done" });
      expect(await printed()).toBe(`${visitorAddress} left: 3001 done`);
    });

    test("compressed messages", async () => {
      const visitor = await visit({ perMessageDeflate: { threshold: 0 } });
      expect(visitor.extensions).toBe("permessage-deflate");
      for (const [what, message] of messages) {
        const isSame = isDeepStrictEqual(await visitor.echoOf(message), message);
        expect(isSame, what).toBe(true);
      }
      await printed();
      visitor.close(1_000, "");
      expect(await printed()).toBe(`${visitorAddress} left: 1000`);
    });

    test("the refusal of a client, with its status", async () => {
      const refused = visit({ headers: { authorization: "Bearer wrong" } });
      await expect(refused).rejects.toThrow("status 401");
    });

    test("the close that the server starts, with its reason, after a fault in fragments", async () => {
      const peer = await RawPeer.connect(proxy.tlsPort, certificates.ca);
      try {
        const { send, answered } = opening(peer, `Authorization: ${authorization}`);
        await peer.send(send);
        await answered();
        const [first, second] = [utf8("frag"), utf8("ments")];
        const fragments = concat(
          write.frame({ opcode: opcodes.text, fin: false, payload: first }),
          write.ping(utf8("between")),
          write.frame({ opcode: opcodes.continuation, payload: second }),
        );
        await peer.send(...Array.from(fragments, (octet) => Uint8Array.of(octet)));
        expect(await peer.takeFrame()).toMatchObject({ opcode: opcodes.pong });
        const echo = await peer.takeFrame();
        expect(Buffer.from(echo?.payload ?? []).toString()).toBe("fragments");
        await peer.send(write.frame({ opcode: 0x3 }));
        const close = await peer.takeFrame();
        expect(close?.opcode).toBe(opcodes.close);
        expect(Buffer.from(close?.payload ?? []).readUInt16BE(0)).toBe(1_002);
        const reason = Buffer.from(close?.payload ?? []).toString("utf8", 2);
        expect(reason).toMatch(/opcode/);
        await peer.ended();
        expect(await printed()).toBe("127.0.0.1 connected");
        expect(await printed()).toBe(`127.0.0.1 left: 1002 ${reason}`);
      } finally {
        peer.destroy();
      }
    });

    const whole = isWholeOn(runtime.name);

    test.runIf(whole)(
      "a forged X-Forwarded-For is not taken for the client's address",
      async () => {
        const forged = { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" };
        const visitor = await visit({ headers: forged });
        expect(await printed()).toBe(`${visitorAddress} connected`);
        visitor.terminate();
        expect(await printed()).toMatch(new RegExp(`^${visitorAddress} left: 1006`));
      },
    );

    test.runIf(whole)(
      '`origins: "same"` compares with the Host header that the proxy passes',
      async () => {
        const visitor = await visit({ origin: `https://127.0.0.1:${proxy.tlsPort}` });
        expect(await printed()).toBe(`${visitorAddress} connected`);
        visitor.terminate();
        await printed();
        const strange = visit({ origin: "https://example.org" });
        await expect(strange).rejects.toThrow("status 403");
      },
    );

    test.runIf(whole)("without TLS", async () => {
      const url = `ws://127.0.0.1:${proxy.port}/`;
      const visitor = await Visitor.open(url, { headers: { authorization } });
      visitors.push(visitor);
      expect(await visitor.echoOf("hello")).toBe("hello");
      await printed();
      visitor.terminate();
      await printed();
    });

    test.runIf(whole)("plain HTTP requests", async () => {
      const response = await fetch(`http://127.0.0.1:${proxy.port}/healthz`);
      expect([response.status, await response.text()]).toEqual([200, "ready\n"]);
      expect((await fetch(`http://127.0.0.1:${proxy.port}/other`)).status).toBe(404);
    });

    test("neither reported an error", () => {
      expect(server.process.standardError).toBe("");
      expect(server.process.isRunning).toBe(true);
      expect(proxy.process.isRunning).toBe(true);
    });
  });
