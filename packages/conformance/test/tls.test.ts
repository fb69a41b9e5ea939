import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../test-depth.ts";
import type { ConnectionCase } from "../src/cases/connection-case.ts";
import { connectionCases } from "../src/cases/index.ts";
import { type CertificateFiles, makeCertificateFiles } from "../src/certificates.ts";
import { ClientSession, conversationsOf } from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { RawPeer } from "../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoClient, startEchoServer } from "../src/runtimes.ts";
import { echoes, openPeer, playAgainstServer } from "../src/server-driver.ts";
import { expectedReport, expectedTranscript, type Transcript } from "../src/transcript.ts";

/** Cases that TLS could affect: lengths, order and the end. Splitting is a matter of TCP. */
const cases: readonly ConnectionCase[] = [
  ...connectionCases.echo,
  ...connectionCases.fragmentation,
  ...connectionCases["control frames"],
  ...connectionCases.closing,
].filter(({ subject, cut }) => subject === undefined && cut === undefined);

let certificates: CertificateFiles;

beforeAll(async () => {
  certificates = await makeCertificateFiles();
});

afterAll(() => certificates?.remove());

describe.each(runtimes)("the echo server on $name over TLS", (runtime) => {
  let server: ServerProcess;
  let bystander: RawPeer;

  beforeAll(async () => {
    const { certFile, keyFile } = certificates;
    server = await startEchoServer(runtime, ["--cert", certFile, "--key", keyFile]);
    bystander = await openPeer(server.port, certificates.ca);
  });

  afterAll(async () => {
    bystander?.destroy();
    await server?.process.stop("SIGKILL");
  });

  for (const testCase of rowsOn(runtime.name, cases)) {
    test(`${testCase.name} (section ${testCase.section})`, async () => {
      const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
      const transcripts = await playAgainstServer(server.port, testCase, certificates.ca);
      expect(transcripts).toEqual([expected]);
    });
  }

  test("a client that does not use TLS does not affect others", async () => {
    const stranger = await RawPeer.connect(server.port);
    await stranger.send(Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    await stranger.ended();
    stranger.destroy();
    expect(await echoes(bystander, "still here")).toBe(true);
  });

  test("nothing was reported as an error, and SIGTERM ends the process with 0", async () => {
    expect(server.process.standardError).toBe("");
    const exited = server.process.stop("SIGTERM");
    expect(await bystander.takeFrame()).toMatchObject({ opcode: 8, payload: Buffer.of(3, 0xe9) });
    await bystander.send(new FrameWriter("client").close(1001));
    await bystander.ended();
    bystander.end();
    expect(await exited).toBe(0);
  });
});

describe.each(runtimes)("the echo client on $name over TLS", (runtime) => {
  const played = rowsOn(runtime.name, cases);
  let session: ClientSession<Transcript>;

  beforeAll(async () => {
    session = await ClientSession.start(
      runtime,
      played.flatMap((testCase) => conversationsOf(testCase)),
      ["--ca", certificates.caFile],
      certificates,
    );
  });

  afterAll(() => session?.stop());

  for (const [index, { name, section, script }] of played.entries()) {
    test(`${name} (section ${section})`, async () => {
      const { result, report } = await session.outcome(index);
      const expected = script(new FrameWriter("server"));
      expect(result).toEqual(expectedTranscript(expected, "client"));
      expect(report).toMatchObject(expectedReport(expected));
    });
  }

  test("the ClientHello names the server (section 4.1)", async () => {
    const { promise: named, resolve } = Promise.withResolvers<string | false | null>();
    const { cert, key, caFile } = certificates;
    const server = createServer({ cert, key }, (socket: TLSSocket) => {
      resolve(socket.servername);
      socket.end();
    });
    await new Promise<void>((listening) => server.listen(0, "localhost", listening));
    const { port } = server.address() as AddressInfo;
    const client = startEchoClient(runtime, [`wss://localhost:${port}/`], ["--ca", caFile]);
    try {
      const report = JSON.parse(await client.line(0));
      expect(report.error?.code).toBe("WS_ERR_HANDSHAKE_INCOMPLETE");
      expect(await named).toBe("localhost");
    } finally {
      server.close();
      await client.stop("SIGKILL");
    }
  });

  test("a server with an untrusted authority is refused", async () => {
    const refused: typeof session = await ClientSession.start(
      runtime,
      cases.slice(0, 1).flatMap((testCase) => conversationsOf(testCase)),
      [],
      certificates,
    );
    try {
      const report = await refused.report(0);
      expect(report.error?.code).toBe("WS_ERR_CONNECT_FAILED");
      expect(await refused.process.exited).toBe(0);
    } finally {
      await refused.stop();
    }
  });
});
