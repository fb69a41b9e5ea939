import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth, isWholeOn } from "../../../../test-depth.ts";
import {
  runtimeNamed,
  runtimes,
  type ServerProcess,
  startEchoClient,
  startServer,
} from "../../src/runtimes.ts";
import { everyMessage } from "./scripts/compressed-conversation.ts";

const scripts = "packages/conformance/test/peers/scripts";
const deflate = "permessage-deflate";
const serverNo = "server_no_context_takeover";
const clientNo = "client_no_context_takeover";

/** Compression settings of our clients. */
const settings = [
  { options: "without windows", flags: ["--deflate"] },
  {
    options: "with windows",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "15"],
  },
  {
    options: "with windows of 12 bits",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "12"],
  },
  {
    options: "without memory for it",
    flags: [
      "--deflate",
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    ],
  },
] as const;

const none = `${deflate}; ${serverNo}; ${clientNo}`;
const twelve = "server_max_window_bits=12";
const clientTwelve = "client_max_window_bits=12";

/** The negotiated extensions by path, in the order of `settings`. */
const wsAgreed: Readonly<Record<string, readonly string[]>> = {
  "/plain": [none, deflate, `${deflate}; ${twelve}; ${clientTwelve}`, none],
  "/no-takeover": [none, none, `${none}; ${twelve}; ${clientTwelve}`, none],
  "/server-no-takeover": [
    none,
    `${deflate}; ${serverNo}`,
    `${deflate}; ${serverNo}; ${twelve}; ${clientTwelve}`,
    none,
  ],
  "/client-no-takeover": [
    none,
    `${deflate}; ${clientNo}`,
    `${deflate}; ${clientNo}; ${twelve}; ${clientTwelve}`,
    none,
  ],
  "/server-10": [
    `${none}; server_max_window_bits=10`,
    `${deflate}; server_max_window_bits=10`,
    `${deflate}; server_max_window_bits=10; ${clientTwelve}`,
    `${none}; server_max_window_bits=10`,
  ],
  "/client-10": [
    `${none}; client_max_window_bits=10`,
    `${deflate}; client_max_window_bits=10`,
    `${deflate}; ${twelve}; client_max_window_bits=10`,
    `${none}; client_max_window_bits=10`,
  ],
  "/both-9": [
    `${none}; server_max_window_bits=9; client_max_window_bits=9`,
    `${deflate}; server_max_window_bits=9; client_max_window_bits=9`,
    `${deflate}; server_max_window_bits=9; client_max_window_bits=9`,
    `${none}; server_max_window_bits=9; client_max_window_bits=9`,
  ],
  "/threshold-0": [none, deflate, `${deflate}; ${twelve}; ${clientTwelve}`, none],
};

const parts = (extensions: string) => extensions.split("; ").sort();

const bun = runtimeNamed("bun");
const bunScript = `${scripts}/compressed-bun-server.ts`;
const peers = [
  {
    peer: "a server of ws",
    runtime: runtimeNamed("node"),
    script: `${scripts}/compressed-ws-server.ts`,
    args: [],
    agreed: wsAgreed,
  },
  {
    peer: "Bun.serve with shared compressors",
    runtime: bun,
    script: bunScript,
    args: ["shared"],
    // Bun declines smaller windows with shared compressors.
    agreed: { "/": [none, none, "", none] },
  },
  {
    peer: "Bun.serve with dedicated compressors",
    runtime: bun,
    script: bunScript,
    args: ["dedicated"],
    agreed: { "/": [none, deflate, `${deflate}; ${twelve}; ${clientTwelve}`, none] },
  },
] as const;

const indexed = settings.map((setting, index) => ({ ...setting, index }));

describe.each(peers)("compression with $peer", ({ runtime, script, args, agreed }) => {
  let server: ServerProcess;
  let taken = 1;

  beforeAll(async () => {
    server = await startServer(runtime, script, args);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  // The second setting uses every feature.
  describe.each(isFullDepth ? indexed : indexed.slice(1, 2))("$options", ({ flags, index }) => {
    const played = runtimes.filter(({ name }) => isWholeOn(name) || agreed === wsAgreed);
    test.each(played)("the echo client on $name echoes all messages", async ({ name }) => {
      const paths = Object.keys(agreed);
      const urls = paths.map((path) => `ws://127.0.0.1:${server.port}${path}`);
      const client = startEchoClient(runtimeNamed(name), urls, flags);
      try {
        for (const [line, answers] of Object.values(agreed).entries()) {
          const report = JSON.parse(await client.line(line));
          expect(report).toMatchObject({ statusCode: 1000, wasClean: true });
          expect(parts(report.extensions), paths[line]).toEqual(parts(answers[index]));
          const seen = JSON.parse(await server.process.line(taken++));
          expect(seen).toMatchObject({ same: everyMessage, code: 1000 });
        }
        expect(await client.exited).toBe(0);
        expect(client.standardError).toBe("");
      } finally {
        await client.stop("SIGKILL");
      }
    });
  });
});

describe("Deno.serve, which declines every offer", () => {
  const played = runtimes.filter(({ name }) => isWholeOn(name));
  test.each(played)("and the echo client on $name: uncompressed", async ({ name }) => {
    const server = await startServer(runtimeNamed("deno"), `${scripts}/deno-server.ts`);
    const url = `ws://127.0.0.1:${server.port}/converse`;
    const client = startEchoClient(
      runtimeNamed(name),
      [url],
      ["--deflate", "--subprotocol", "chat"],
    );
    try {
      expect(JSON.parse(await client.line(0))).toMatchObject({ extensions: "", statusCode: 3002 });
    } finally {
      await client.stop("SIGKILL");
      await server.process.stop("SIGKILL");
    }
  });
});
