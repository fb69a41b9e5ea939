import type { ClientHttp2Session } from "node:http2";
import { connect } from "@framewright/node-transport";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { until } from "../../src/attack/until.ts";
import type { BytePeer } from "../../src/byte-peer.ts";
import { type CertificateFiles, makeCertificateFiles } from "../../src/certificates.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import { proxies } from "../../src/proxies/installed.ts";
import type { ProxyName } from "../../src/proxies/proxy-kinds.ts";
import { ProxyProcess } from "../../src/proxies/proxy-process.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import {
  type Runtime,
  type RuntimeName,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";
import { echoes, opening } from "../../src/server-driver.ts";
import { openSession, StreamPeer } from "../../src/stream-peer.ts";

/** All of 127.0.0.0/8 is this machine. The proxy's own address is another. */
const visitorAddress = "127.0.0.2";
const proxyAddress = "127.0.0.1";
const authorization = "Bearer secret";
const write = new FrameWriter("client");
/** Beyond the flow-control windows of a stream and of a connection. */
const long = new Uint8Array(1_048_576).map((_, index) => (index * 31) & 0xff);

let certificates: CertificateFiles;
beforeAll(async () => {
  certificates = await makeCertificateFiles();
});
afterAll(() => certificates?.remove());

/** A server behind a proxy, and one HTTP/2 connection to the proxy. */
class ProxiedServer {
  readonly server: ServerProcess;
  readonly proxy: ProxyProcess;
  readonly session: ClientHttp2Session;
  /** Number of lines that the server has printed and the tests have read. */
  private read = 1;

  private constructor(server: ServerProcess, proxy: ProxyProcess, session: ClientHttp2Session) {
    this.server = server;
    this.proxy = proxy;
    this.session = session;
  }

  static async start(
    name: ProxyName,
    runtime: Runtime,
    flags: readonly string[],
  ): Promise<ProxiedServer> {
    const { ca } = certificates;
    const script = `examples/deployment/${runtime.name}.ts`;
    const args = [
      "--port",
      "0",
      "--token",
      "secret",
      "--readiness-delay",
      "0",
      "--spread-over",
      "0",
      ...flags,
    ];
    const server = await startServerFromSource(runtime, script, args);
    const servers = [server.port, server.port] as const;
    const proxy = await ProxyProcess.start(name, { servers }, certificates);
    const options = { ca, localAddress: visitorAddress };
    return new ProxiedServer(server, proxy, await openSession(proxy.tlsPort, options));
  }

  /** Opens a WebSocket on a stream of the connection. */
  async overHttp2(headers: Readonly<Record<string, string>> = {}): Promise<StreamPeer> {
    const peer = new StreamPeer(this.session, "/", { authorization, ...headers });
    await peer.opening.answered();
    return peer;
  }

  /** Opens a WebSocket over HTTP/1.1 and TLS on the same port of the proxy. */
  async overHttp1(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.proxy.tlsPort, certificates.ca);
    const { send, answered } = opening(peer, `Authorization: ${authorization}`);
    await peer.send(send);
    await answered();
    return peer;
  }

  /** Returns the next line that the server prints. */
  printed(): Promise<string> {
    return this.server.process.line(this.read++);
  }

  async stop(): Promise<void> {
    this.session.destroy();
    await this.proxy.stop();
    await this.server.process.stop("SIGKILL");
  }
}

/** Exchanges messages, and closes with 3001. */
async function converse(peer: BytePeer): Promise<void> {
  expect(await echoes(peer, "h\u00e9llo \u20ac")).toBe(true);
  await peer.send(
    write.frame({ opcode: opcodes.text, fin: false, payload: utf8("frag") }),
    write.ping(utf8("between")),
    write.frame({ opcode: opcodes.continuation, payload: utf8("ments") }),
  );
  expect(await peer.takeFrame()).toMatchObject({ opcode: opcodes.pong });
  expect(Buffer.from((await peer.takeFrame())?.payload ?? []).toString()).toBe("fragments");
  await peer.send(write.frame({ opcode: opcodes.binary, payload: long }));
  expect(Buffer.compare((await peer.takeFrame())?.payload ?? Buffer.of(), long)).toBe(0);
  await peer.send(write.close(3_001, "done"));
  await expectClose(peer, 3_001, /^done$/);
}

/** Expects a Close frame and then the end of the stream or of TCP. */
async function expectClose(peer: BytePeer, statusCode: number, reason: RegExp): Promise<string> {
  const close = await peer.takeFrame();
  const payload = Buffer.from(close?.payload ?? []);
  expect([close?.opcode, payload.readUInt16BE(0)]).toEqual([opcodes.close, statusCode]);
  expect(payload.toString("utf8", 2)).toMatch(reason);
  await peer.ended();
  expect(peer.inputEnd).toBe("end");
  peer.end();
  return payload.toString("utf8", 2);
}

/** A way in which HAProxy passes WebSockets on. */
interface Way {
  readonly name: ProxyName;
  readonly what: string;
  /** The runtimes of the server at quick depth. */
  readonly quickOn: readonly RuntimeName[];
  /** Those of the server. */
  flags(): readonly string[];
  /** The address of the client as the server sees it. */
  readonly address: string;
}

const ways: readonly Way[] = [
  {
    name: "haproxy",
    what: "which passes WebSockets on over HTTP/1.1",
    quickOn: ["node"],
    flags: () => [],
    address: visitorAddress,
  },
  {
    name: "haproxy-http2",
    what: "which passes WebSockets on over HTTP/2",
    quickOn: ["node", "deno", "bun"],
    flags: () => ["--http2"],
    address: visitorAddress,
  },
  {
    name: "haproxy-tls",
    what: "which passes TLS on",
    quickOn: [],
    flags: () => ["--http2", "--cert", certificates.certFile, "--key", certificates.keyFile],
    address: proxyAddress,
  },
];
const isSkipped = (program: "nginx" | "haproxy") =>
  proxies.some(({ name, skipped }) => name === program && skipped);

const chosen = runtimes.flatMap((runtime) =>
  ways
    .filter(({ quickOn }) => isFullDepth || quickOn.includes(runtime.name))
    .map((way) => ({ ...way, runtime, on: runtime.name })),
);

describe.skipIf(isSkipped("haproxy")).each(chosen)(
  "HAProxy, $what, in front of $on",
  ({ name, runtime, flags, address }) => {
    let subject: ProxiedServer;
    beforeAll(async () => {
      subject = await ProxiedServer.start(name, runtime, flags());
    });
    afterAll(() => subject?.stop());

    test("clients over HTTP/2 and over HTTP/1.1 on one port", async () => {
      expect(subject.session.remoteSettings.enableConnectProtocol).toBe(true);
      await converse(await subject.overHttp2());
      expect(await subject.printed()).toBe(`${address} connected`);
      expect(await subject.printed()).toBe(`${address} left: 3001 done`);
      const visitor = await subject.overHttp1();
      await converse(visitor);
      visitor.destroy();
      expect(await subject.printed()).toBe(`${proxyAddress} connected`);
      expect(await subject.printed()).toBe(`${proxyAddress} left: 3001 done`);
    });

    test.runIf(name !== "haproxy")("the health check succeeds", async () => {
      const { process } = subject.proxy;
      const passed = /server framewright\/one succeeded, reason: Layer7 check passed, code: 200/;
      await until(
        () => process.standardError,
        (text) => passed.test(text),
        10_000,
      );
    });

    test("a fault, a reset and a refusal concern one stream of several", async () => {
      const bystander = await subject.overHttp2();
      await subject.printed();
      const offender = await subject.overHttp2();
      await subject.printed();
      await offender.send(concat(write.text("last"), write.frame({ opcode: 0x3 })));
      expect((await offender.takeFrame())?.opcode).toBe(opcodes.text);
      const reason = await expectClose(offender, 1_002, /opcode/);
      expect(await subject.printed()).toBe(`${address} left: 1002 ${reason}`);

      const vanishing = await subject.overHttp2();
      await subject.printed();
      vanishing.reset();
      expect(await subject.printed()).toMatch(new RegExp(`^${address} left: 1006`));

      const refused = subject.overHttp2({ authorization: "Bearer wrong" });
      await expect(refused).rejects.toThrow("status 401");
      const strange = subject.overHttp2({ origin: "https://example.org" });
      await expect(strange).rejects.toThrow("status 403");
      const authority = `127.0.0.1:${subject.proxy.tlsPort}`;
      const same = { ":authority": authority, origin: `https://${authority}` };
      const page = await subject.overHttp2(same);
      await subject.printed();
      for (const peer of [page, bystander]) {
        expect(await echoes(peer, "still here")).toBe(true);
        await peer.send(write.close(1_000));
        await expectClose(peer, 1_000, /^$/);
        await subject.printed();
      }
    });

    test("the server's close when it is stopped", async () => {
      const peer = await subject.overHttp2();
      const { process: server } = subject.server;
      process.kill(server.pid, "SIGTERM");
      const close = await peer.takeFrame();
      expect(Buffer.from(close?.payload ?? []).readUInt16BE(0)).toBe(1_001);
      await peer.send(write.close(1_001));
      await peer.ended();
      peer.end();
      expect(await server.exited).toBe(0);
      expect(server.standardError).toBe("");
      // In rare runs HAProxy 2.6.12 crashes when its HTTP/2 connection to a server ends.
      const end = subject.proxy.process.end ?? "";
      expect(end.includes("Segmentation fault") ? "" : end).toBe("");
    });
  },
);

describe.runIf(isFullDepth && !isSkipped("nginx"))("nginx with HTTP/2 in front of node", () => {
  test("has no WebSockets over HTTP/2, so clients use HTTP/1.1", async () => {
    const [node] = runtimes;
    const subject = await ProxiedServer.start("nginx-http2", node, []);
    try {
      expect(subject.session.alpnProtocol).toBe("h2");
      expect(subject.session.remoteSettings.enableConnectProtocol).toBe(false);
      const url = `wss://127.0.0.1:${subject.proxy.tlsPort}/`;
      const { ca } = certificates;
      const socket = await connect(url, { http2: true, tls: { ca }, headers: { authorization } });
      socket.send("hello");
      for await (const message of socket) {
        expect(message).toBe("hello");
        break;
      }
      expect(await subject.printed()).toBe(`${proxyAddress} connected`);
      socket.terminate();
      expect(await subject.printed()).toMatch(`${proxyAddress} left`);
    } finally {
      await subject.stop();
    }
  });
});
