import type { ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth, rows } from "../../../test-depth.ts";
import type { ConnectionCase } from "../src/cases/connection-case.ts";
import { connectionCases } from "../src/cases/index.ts";
import { limitFlags } from "../src/cases/limits.ts";
import { type CertificateFiles, makeCertificateFiles } from "../src/certificates.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { type Runtime, runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, playAgainstServer, playOverHttp2 } from "../src/server-driver.ts";
import { openSession, StreamPeer } from "../src/stream-peer.ts";
import { expectedTranscript, type Transcript } from "../src/transcript.ts";

/** Topics of the table, with the cases that apply to servers. */
const topics = Object.entries(connectionCases).map(([topic, cases]) => ({
  topic,
  cases: cases.filter(({ subject }) => subject !== "client") as readonly ConnectionCase[],
}));

let certificates: CertificateFiles;

beforeAll(async () => {
  certificates = await makeCertificateFiles();
});

afterAll(() => certificates?.remove());

function expectEach(transcripts: readonly Transcript[], testCase: ConnectionCase): void {
  const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
  expect(transcripts.length).toBeGreaterThan(0);
  for (const [index, transcript] of transcripts.entries()) {
    expect(transcript, `stream ${index}`).toEqual(expected);
  }
}

/** An echo server, and one TCP connection to it: all cases are played on its streams. */
class Subject {
  readonly server: ServerProcess;
  readonly session: ClientHttp2Session;
  /** A permanently open stream, which other streams must not affect. */
  readonly bystander: StreamPeer;

  private constructor(server: ServerProcess, session: ClientHttp2Session) {
    this.server = server;
    this.session = session;
    this.bystander = new StreamPeer(session);
  }

  static async start(runtime: Runtime, tls?: CertificateFiles): Promise<Subject> {
    const certificate = tls === undefined ? [] : ["--cert", tls.certFile, "--key", tls.keyFile];
    const server = await startEchoServer(runtime, ["--http2", ...certificate, ...limitFlags]);
    const subject = new Subject(server, await openSession(server.port, { ca: tls?.ca }));
    await subject.bystander.opening.answered();
    return subject;
  }

  async play(testCase: ConnectionCase): Promise<void> {
    expectEach(await playOverHttp2(this.session, testCase), testCase);
    expect(await echoes(this.bystander, `still here after: ${testCase.name}`)).toBe(true);
  }

  /** Expects that the process ends with 0 when it is stopped, and that it reported no error. */
  async expectGoodEnd(): Promise<void> {
    const { bystander, server, session } = this;
    expect(session.destroyed).toBe(false);
    const stopped = server.process.stop("SIGTERM");
    const close = await bystander.takeFrame();
    expect([close?.opcode, Buffer.from(close?.payload ?? []).toString("hex")]).toEqual([8, "03e9"]);
    await bystander.send(new FrameWriter("client").close(1001));
    await bystander.ended();
    bystander.end();
    session.close();
    expect(await stopped).toBe(0);
    expect(server.process.standardError).toBe("");
  }

  async stop(): Promise<void> {
    this.session.destroy();
    await this.server.process.stop("SIGKILL");
  }
}

describe.each(runtimes)("the echo server over HTTP/2 on $name", (runtime) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await Subject.start(runtime);
  });
  afterAll(() => subject?.stop());

  for (const { topic, cases } of topics) {
    for (const testCase of rows(cases)) {
      test(`${topic}: ${testCase.name} (section ${testCase.section})`, () =>
        subject.play(testCase));
    }
  }

  test("nothing was reported as an error, and the process ends when it is stopped", () =>
    subject.expectGoodEnd());
});

describe.each(runtimes)("the echo server over HTTP/2 and TLS on $name", (runtime) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await Subject.start(runtime, certificates);
  });
  afterAll(() => subject?.stop());

  test("ALPN chose HTTP/2", () => {
    expect(subject.session.alpnProtocol).toBe("h2");
  });

  for (const { topic, cases } of topics) {
    const whole = cases.filter(({ cut }) => cut === undefined);
    for (const testCase of isFullDepth ? cases : whole.slice(0, 1)) {
      test(`${topic}: ${testCase.name} (section ${testCase.section})`, () =>
        subject.play(testCase));
    }
    if (topic !== "echo" && topic !== "closing") continue;
    for (const testCase of isFullDepth ? whole : whole.slice(0, 1)) {
      test(`over HTTP/1.1 on the same port: ${topic}: ${testCase.name}`, async () => {
        const { server, bystander } = subject;
        expectEach(await playAgainstServer(server.port, testCase, certificates.ca), testCase);
        expect(await echoes(bystander, "still here")).toBe(true);
      });
    }
  }

  test("nothing was reported as an error, and the process ends when it is stopped", () =>
    subject.expectGoodEnd());
});
