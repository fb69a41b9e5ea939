import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientHandshakeCase, clientHandshakeCases } from "../src/cases/client-handshake.ts";
import {
  type ClientReport,
  ClientSession,
  type Conversation,
  keyOf,
} from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { type ReceivedHead, upgradeAnswer } from "../src/opening-handshake.ts";
import { runtimes, startEchoClient } from "../src/runtimes.ts";
import type { SubjectProcess } from "../src/subject-process.ts";
import { receivedLine } from "../src/transcript.ts";

const write = new FrameWriter("server");

/** What the scripted server received: the request, and the echo if there was one. */
interface Seen {
  readonly request: ReceivedHead;
  readonly echo: string | undefined;
}

/** Answers the request. Then exchanges a message if the connection must open, or ends TCP. */
function conversation({ answer, error }: ClientHandshakeCase): Conversation<Seen> {
  return async (peer, request) => {
    const bytes = answer(keyOf(request));
    if (error !== undefined) {
      await peer.send(bytes);
      peer.end();
      await peer.ended();
      return { request, echo: undefined };
    }
    await peer.send(Buffer.concat([bytes, write.text("open")]));
    const echo = receivedLine(await peer.takeFrame());
    await peer.send(write.close(1000));
    await peer.takeFrame();
    peer.end();
    await peer.ended();
    return { request, echo };
  };
}

describe.each(runtimes)("opening handshakes of the echo client on $name", (runtime) => {
  let session: ClientSession<Seen>;
  const flags = ["--subprotocol", "chat", "--subprotocol", "superchat"];

  beforeAll(async () => {
    session = await ClientSession.start(runtime, clientHandshakeCases.map(conversation), flags);
  });

  afterAll(() => session?.stop());

  const numbered = clientHandshakeCases.map((testCase, index) => ({ ...testCase, index }));

  for (const { index, name, section, error } of numbered) {
    test(`${name} (section ${section})`, async () => {
      const { result, report } = await session.outcome(index);
      if (error === undefined) {
        expect(result.echo).toBe("masked text 4: 6f70656e");
        expect(report).toMatchObject({ statusCode: 1000, reason: "", wasClean: true });
      } else {
        expect(report.error?.code).toBe(error);
        expect(report.error?.message).toMatch(/^[\x20-\x7e]+$/);
      }
    });
  }

  test("the requests are valid (section 4.1)", async () => {
    for (const { index } of numbered) {
      const { request } = (await session.outcome(index)).result;
      expect(request.startLine).toBe(`GET /${index} HTTP/1.1`);
      expect(request.one("host")).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(request.one("upgrade")).toMatch(/^websocket$/i);
      expect(request.one("connection")).toMatch(/^upgrade$/i);
      expect(request.one("sec-websocket-version")).toBe("13");
      expect(request.one("sec-websocket-protocol")).toBe("chat, superchat");
      expect(Buffer.from(keyOf(request), "base64").length).toBe(16);
      expect(keyOf(request)).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    }
  });

  test("every connection has a different key (section 4.1)", async () => {
    const keys = new Set<string>();
    for (const { index } of numbered) {
      keys.add(keyOf((await session.outcome(index)).result.request));
    }
    expect(keys.size).toBe(numbered.length);
  });

  test("one line was printed for each URL, no error, and the process ended with 0", async () => {
    expect(await session.process.exited).toBe(0);
    expect(session.process.lineCount).toBe(numbered.length);
    expect(session.process.standardError).toBe("");
  });
});

describe.each(runtimes)("the echo client on $name without subprotocols", (runtime) => {
  let session: ClientSession<ReceivedHead>;

  beforeAll(async () => {
    const choosesOne: Conversation<ReceivedHead> = async (peer, request) => {
      const answer = upgradeAnswer(keyOf(request));
      const choice = Buffer.from("Sec-WebSocket-Protocol: chat\r\n\r\n");
      await peer.send(Buffer.concat([answer.subarray(0, -2), choice]));
      await peer.ended();
      return request;
    };
    const resets: Conversation<ReceivedHead> = async (peer, request) => {
      peer.reset();
      return request;
    };
    const masks: Conversation<ReceivedHead> = async (peer, request) => {
      await peer.send(upgradeAnswer(keyOf(request)), ...Array(16).fill(write.text("again")));
      const keys = new Set<string>();
      for (let i = 0; i < 16; i++) {
        const frame = await peer.takeFrame();
        keys.add(Buffer.from(frame?.maskingKey ?? []).toString("hex"));
      }
      await peer.send(write.close(1000));
      await peer.takeFrame();
      // Two equal random keys among 16 occur once in about 36 million runs.
      if (keys.size !== 16) throw new Error(`masking keys were repeated: ${[...keys]}`);
      return request;
    };
    session = await ClientSession.start(runtime, [choosesOne, resets, masks], []);
  });

  afterAll(() => session?.stop());

  test("offers none, and refuses one that the server still chooses (section 4.1)", async () => {
    const { result, report } = await session.outcome(0);
    expect(result.all("sec-websocket-protocol")).toEqual([]);
    expect(report.error?.code).toBe("WS_ERR_INVALID_SUBPROTOCOL");
  });

  test("a reset in place of the answer", async () => {
    expect((await session.outcome(1)).report.error?.code).toBe("WS_ERR_HANDSHAKE_INCOMPLETE");
  });

  test("masks each frame with a different key (section 5.3)", async () => {
    expect((await session.outcome(2)).report).toMatchObject({ statusCode: 1000, wasClean: true });
  });
});

describe.each(runtimes)("the echo client on $name with URLs that cannot be reached", (runtime) => {
  let client: SubjectProcess;
  let reports: ClientReport[];

  beforeAll(async () => {
    const port = await unusedPort();
    const urls = [
      `ws://127.0.0.1:${port}/`,
      "http://127.0.0.1/",
      "ws://127.0.0.1/#top",
      "nonsense",
    ];
    client = startEchoClient(runtime, urls);
    reports = await Promise.all(urls.map(async (_, i) => JSON.parse(await client.line(i))));
  });

  afterAll(() => client?.stop("SIGKILL"));

  test("no server listens", () => {
    expect(reports[0].error?.code).toBe("WS_ERR_CONNECT_FAILED");
  });

  test("URLs that are not WebSocket URLs (section 3)", () => {
    expect(reports.slice(1).map(({ error }) => error?.code)).toEqual(
      Array(3).fill("WS_ERR_INVALID_URL"),
    );
  });
});

/** Returns a port on which no server listens any more. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("not a TCP address");
  return address.port;
}
