import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rows } from "../../../test-depth.ts";
import { connectionCases } from "../src/cases/index.ts";
import { limitFlags } from "../src/cases/limits.ts";
import { serverHandshakeCases } from "../src/cases/server-handshake.ts";
import type { ServerHandshakeCase } from "../src/cases/server-handshake-case.ts";
import {
  type ClientSession,
  type Conversation,
  keyOf,
  sessionOn,
  startOnAll,
  stopAll,
} from "../src/client-driver.ts";
import { concat, FrameWriter, type Role } from "../src/frame-bytes.ts";
import { exampleAccept, exampleKey, httpHead, upgradeAnswer } from "../src/opening-handshake.ts";
import { RawPeer } from "../src/raw-peer.ts";
import { firstDifference, record, withoutMasks } from "../src/recording.ts";
import {
  type RuntimeName,
  runtimes,
  type ServerProcess,
  startEchoServer,
} from "../src/runtimes.ts";
import { cutters, playCase } from "../src/script-player.ts";
import { opening } from "../src/server-driver.ts";

/** Returns the cases of the table for a role, without their splits. */
const casesFor = (subject: Role) => {
  const all = Object.entries(connectionCases).flatMap(([topic, cases]) =>
    cases
      .filter((testCase) => (testCase.subject ?? subject) === subject)
      .map((testCase) => ({ title: `${topic}: ${testCase.name}`, testCase })),
  );
  return rows(all, 3);
};

const [whole] = cutters("nowhere");

/** Describes the differences of the runtimes' bytes from those of the first runtime. */
function differences(recordings: readonly Buffer[]): string[] {
  return recordings.flatMap((bytes, index) => {
    const difference = firstDifference(recordings[0], bytes);
    if (difference === undefined) return [];
    return [`${runtimes[0].name} and ${runtimes[index].name} ${difference}`];
  });
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** The examples of RFC 6455 sections 1.3 and 5.7, and the expected output. */
const conversation = {
  input: concat(
    httpHead(
      "GET /chat HTTP/1.1",
      "Host: server.example.com",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${exampleKey}`,
      "Origin: http://example.com",
      "Sec-WebSocket-Protocol: chat, superchat",
      "Sec-WebSocket-Version: 13",
    ),
    hex("81 85 37fa213d 7f9f4d5158"),
    hex("01 83 37fa213d 7f9f4d"),
    hex("89 85 37fa213d 7f9f4d5158"),
    hex("80 82 00000000 6c6f"),
    hex(`82 fe 0100 00000000 ${"a5".repeat(256)}`),
    hex("81 80 37fa213d"),
    hex("8a 80 37fa213d"),
    hex("88 86 00000000 03e8 62796521"),
  ),
  output: concat(
    httpHead(
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${exampleAccept}`,
      "Sec-WebSocket-Protocol: chat",
    ),
    hex("81 05 48656c6c6f"),
    hex("8a 05 48656c6c6f"),
    hex("81 05 48656c6c6f"),
    hex(`82 7e 0100 ${"a5".repeat(256)}`),
    hex("81 00"),
    hex("88 06 03e8 62796521"),
  ),
};

/** Splits bytes into pieces of a length. */
function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}

describe("the echo servers of all runtimes send the same bytes", () => {
  let servers: ServerProcess[] = [];

  beforeAll(async () => {
    servers = await Promise.all(runtimes.map((runtime) => startEchoServer(runtime, limitFlags)));
  });

  afterAll(async () => {
    for (const server of servers) await server.process.stop("SIGKILL");
  });

  /** Returns what each server sends if all are treated alike. */
  const recordings = (act: (peer: RawPeer) => Promise<unknown>): Promise<Buffer[]> =>
    Promise.all(
      servers.map(async ({ port }) => {
        const peer = await RawPeer.connect(port);
        const recorded = record(peer);
        await act(peer);
        peer.destroy();
        return recorded();
      }),
    );

  test.each([1, 7, 100, 10_000])("the examples of the RFC, %i bytes at a time", async (length) => {
    const all = await recordings(async (peer) => {
      await peer.send(...pieces(conversation.input, length));
      await peer.ended();
    });
    const expected = Buffer.from(conversation.output);
    expect(all.map((bytes) => firstDifference(expected, bytes))).toEqual(
      runtimes.map(() => undefined),
    );
  });

  test.each(casesFor("server"))("$title", async ({ testCase }) => {
    const all = await recordings((peer) =>
      playCase(peer, opening(peer), testCase, whole, "server"),
    );
    expect(all[0].length).toBeGreaterThan(0);
    expect(differences(all)).toEqual([]);
  });

  /** After a successful handshake, the peer closes. The rest does not matter here. */
  const goOn = ({ status }: ServerHandshakeCase) =>
    status === 101 ? new FrameWriter("client").close(1000) : new Uint8Array(0);

  test.each(rows(serverHandshakeCases, 3))("opening handshake: $name", async (testCase) => {
    const all = await recordings(async (peer) => {
      await peer.send(concat(testCase.send, goOn(testCase)));
      await peer.ended();
    });
    expect(all[0].length).toBeGreaterThan(0);
    expect(differences(all)).toEqual([]);
  });
});

/** What a client sent, without its random parts. */
interface ClientBytes {
  readonly request: string;
  readonly frames: Buffer;
}

const clientCases = casesFor("client");
const conversations = clientCases.map(
  ({ testCase }): Conversation<ClientBytes> =>
    async (peer, request) => {
      const recorded = record(peer);
      const key = keyOf(request);
      const answer = { send: upgradeAnswer(key), answered: async () => {} };
      await playCase(peer, answer, testCase, whole, "client");
      return {
        request: request.text.replace(key, "KEY").replace(/:\d+\r\n/, ":PORT\r\n"),
        frames: await withoutMasks(recorded()),
      };
    },
);

describe("the echo clients of all runtimes send the same bytes", () => {
  let sessions: ReadonlyMap<RuntimeName, ClientSession<ClientBytes>>;

  beforeAll(async () => {
    sessions = await startOnAll(() => conversations, [...limitFlags, "--subprotocol", "chat"]);
  });

  afterAll(() => stopAll(sessions));

  test.each(clientCases.map(({ title }, index) => ({ title, index })))(
    "$title",
    async ({ index }) => {
      const outcomes = await Promise.all(
        runtimes.map((runtime) => sessionOn(sessions, runtime).outcome(index)),
      );
      const request = httpHead(
        `GET /${index} HTTP/1.1`,
        "Host: 127.0.0.1:PORT",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: KEY",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat",
      ).toString();
      expect(outcomes.map(({ result }) => result.request)).toEqual(runtimes.map(() => request));
      expect(differences(outcomes.map(({ result }) => result.frames))).toEqual([]);
      const [first, ...others] = outcomes.map(({ report: { url, ...rest } }) => rest);
      for (const report of others) expect(report).toEqual(first);
    },
  );
});
