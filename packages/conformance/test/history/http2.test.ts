import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  clientPreface,
  flags,
  headerBlock,
  http2Frame,
  numberFrame,
  settingsFrame,
  frameTypes as types,
} from "../../../websocket/test/http2-frames.ts";
import { residentMemory } from "../../src/attack/process-figures.ts";
import { type CertificateFiles, makeCertificateFiles } from "../../src/certificates.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import {
  type RuntimeName,
  runtimes,
  type ServerProcess,
  startEchoServer,
} from "../../src/runtimes.ts";
import { echoes, openPeer } from "../../src/server-driver.ts";

const mebibyte = 1_048_576;
/** The number of rounds in which an attack is sent. */
const rounds = 20;
/** The ids of a client's streams, in order. */
const streamId = (index: number) => 2 * index + 1;
const nothing = new Uint8Array(0);
/** The opening handshake of a WebSocket (RFC 8441 section 4). */
const connectBlock = headerBlock({
  ":method": "CONNECT",
  ":protocol": "websocket",
  ":scheme": "https",
  ":path": "/",
  ":authority": "localhost",
  "sec-websocket-version": "13",
});
const open = (id: number, block = connectBlock) =>
  http2Frame(types.headers, flags.endHeaders, id, block);

interface Http2Exploit {
  readonly name: string;
  /** What is sent in a round. */
  round(index: number): Uint8Array;
  /** Runtimes that go on reading, because it costs them little. The others end the connection. */
  readonly reads?: readonly RuntimeName[];
}

const many = (count: number, frame: (index: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => frame(index)));

/** Floods of one connection whose answers are not read. */
const floods: readonly Http2Exploit[] = [
  {
    name: "CVE-2019-9512: a flood of PING",
    round: () => many(5_000, () => http2Frame(types.ping, 0, 0, new Uint8Array(8))),
  },
  {
    name: "CVE-2019-9514: streams with invalid requests, which the server resets",
    round: (round) =>
      many(500, (index) =>
        open(streamId(round * 500 + index), headerBlock({ ":method": "CONNECT" })),
      ),
  },
  {
    name: "CVE-2025-8671 (MadeYouReset): WebSockets that the server must reset",
    round: (round) =>
      many(200, (index) => {
        const id = streamId(round * 200 + index);
        return Buffer.concat([open(id), numberFrame(types.windowUpdate, id, 0)]);
      }),
  },
  {
    name: "CVE-2019-9518: a flood of empty DATA",
    round: (round) =>
      Buffer.concat([
        round === 0 ? open(1) : nothing,
        many(5_000, () => http2Frame(types.data, 0, 1, nothing)),
      ]),
  },
  {
    name: "CVE-2019-9516: a flood of headers without names",
    round: () => many(100, () => http2Frame(types.headers, flags.endHeaders, 1, Buffer.alloc(100))),
  },
  {
    name: "CVE-2019-9513: a flood of PRIORITY",
    reads: ["bun"],
    round: () =>
      many(5_000, (index) =>
        http2Frame(types.priority, 0, streamId(index), Buffer.of(0, 0, 0, 0, 1)),
      ),
  },
  {
    name: "CVE-2024-27316 of httpd and CVE-2024-28182 of nghttp2: CONTINUATION without end",
    round: (round) =>
      Buffer.concat([
        round === 0 ? http2Frame(types.headers, 0, 1, connectBlock) : nothing,
        many(50, () =>
          http2Frame(
            types.continuation,
            0,
            1,
            many(400, () => headerBlock({ "x-a": "b".repeat(30) })),
          ),
        ),
      ]),
  },
  {
    name: "CVE-2024-27316 of httpd: empty CONTINUATION without end",
    reads: ["bun"],
    round: (round) =>
      Buffer.concat([
        round === 0 ? http2Frame(types.headers, 0, 1, connectBlock) : nothing,
        many(5_000, () => http2Frame(types.continuation, 0, 1, nothing)),
      ]),
  },
];

/** What made a process crash or leak, on a connection of its own in each round. */
const crashes: readonly Http2Exploit[] = [
  {
    name: "CVE-2025-59465 of Node: a header block that is too long and not valid",
    round: () =>
      many(3, () => http2Frame(types.headers, flags.endHeaders, 1, Buffer.alloc(16_000, 0xff))),
  },
  {
    name: "CVE-2026-21714 of Node: the window of the connection overflows",
    round: () =>
      Buffer.concat([open(1), many(2, () => numberFrame(types.windowUpdate, 0, 2 ** 31 - 1))]),
  },
  {
    name: "CVE-2026-27135 of nghttp2: a malformed frame after the fault that ends the connection",
    round: () =>
      Buffer.concat([
        http2Frame(types.ping, 0, 0, new Uint8Array(7)),
        http2Frame(types.settings, 0, 0, new Uint8Array(5)),
        http2Frame(types.windowUpdate, 0, 1, new Uint8Array(3)),
      ]),
  },
];

describe.each(runtimes)(
  "HTTP/2 that did harm elsewhere, to the echo server on $name",
  (runtime) => {
    let files: CertificateFiles;
    let server: ServerProcess;
    /** A connection that the attacks must not affect. */
    let bystander: RawPeer;

    beforeAll(async () => {
      files = await makeCertificateFiles();
      const flags = ["--http2", "--cert", files.certFile, "--key", files.keyFile];
      server = await startEchoServer(runtime, flags);
      bystander = await openPeer(server.port, files.ca);
    });

    afterAll(async () => {
      bystander?.destroy();
      await server?.process.stop("SIGKILL");
      await files?.remove();
    });

    /** Connects, and reads nothing. */
    async function attacker(): Promise<{ tcp: Socket; tls: TLSSocket }> {
      const tcp = connect(server.port, "127.0.0.1");
      const tls = connectTls({ socket: tcp, ca: files.ca, ALPNProtocols: ["h2"] });
      for (const socket of [tcp, tls]) socket.on("error", () => {});
      await once(tls, "secureConnect");
      tls.pause();
      tls.write(Buffer.concat([Buffer.from(clientPreface), settingsFrame()]));
      return { tcp, tls };
    }

    /** Waits until the server has ended a connection. */
    async function ended(tls: TLSSocket): Promise<void> {
      tls.resume();
      if (!tls.destroyed) await once(tls, "close");
    }

    for (const { name, round, reads = [] } of floods) {
      test(name, async () => {
        const before = residentMemory(server.process.pid);
        const { tls } = await attacker();
        for (let index = 0; index < rounds && !tls.destroyed; index++) {
          tls.write(round(index));
          expect(await echoes(bystander, `round ${index}`)).toBe(true);
        }
        expect(residentMemory(server.process.pid) - before).toBeLessThan(64 * mebibyte);
        if (!reads.includes(runtime.name)) await ended(tls);
        tls.destroy();
        expect(await echoes(bystander, "still here")).toBe(true);
      });
    }

    for (const { name, round } of crashes) {
      test(name, async () => {
        for (let index = 0; index < 3; index++) {
          const { tls } = await attacker();
          tls.write(round(index));
          await ended(tls);
          expect(await echoes(bystander, `round ${index}`)).toBe(true);
        }
      });
    }

    test("CVE-2024-27983 of Node: TCP is reset within CONTINUATION", async () => {
      const block = Buffer.concat([
        http2Frame(types.headers, 0, 1, connectBlock),
        http2Frame(types.continuation, 0, 1, headerBlock({ "x-a": "b" })),
      ]);
      for (let index = 0; index < 10; index++) {
        const { tcp, tls } = await attacker();
        tls.write(block);
        if (index % 2 === 0) await echoes(bystander, "the frames have been read");
        tcp.resetAndDestroy();
        expect(await echoes(bystander, `round ${index}`)).toBe(true);
      }
    });

    test("CVE-2026-56846 of Node: 200 streams whose header blocks are kept", async () => {
      const more = many(200, () => headerBlock({ "x-a": "b".repeat(50) }));
      const block = Buffer.concat([connectBlock, more]);
      const before = residentMemory(server.process.pid);
      const { tls } = await attacker();
      for (let index = 0; index < 200 && !tls.destroyed; index++)
        tls.write(open(streamId(index), block));
      for (let index = 0; index < 10; index++) await echoes(bystander, `round ${index}`);
      expect(residentMemory(server.process.pid) - before).toBeLessThan(64 * mebibyte);
      tls.destroy();
      expect(await echoes(bystander, "still here")).toBe(true);
    });

    test("nothing was reported as an error, and the process is alive", async () => {
      expect(server.process.isRunning).toBe(true);
      expect(server.process.standardError).toBe("");
    });
  },
);
