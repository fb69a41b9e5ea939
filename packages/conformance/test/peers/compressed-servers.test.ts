import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth, isWholeOn } from "../../../../test-depth.ts";
import { runScript, runtimeNamed, runtimes, startEchoServer } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";
import { everyMessage } from "./scripts/compressed-conversation.ts";

const scripts = "packages/conformance/test/peers/scripts";
const deflate = "permessage-deflate";
const serverNo = "server_no_context_takeover";
const clientNo = "client_no_context_takeover";

/** Compression settings of our servers. */
const settings = [
  { options: "without windows", flags: ["--deflate"] },
  {
    options: "with windows",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "15"],
  },
  {
    options: "with windows of 10 bits",
    flags: [
      "--deflate",
      "--deflate-takeover",
      "--deflate-window-bits",
      "10",
      "--deflate-mem-level",
      "4",
    ],
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

/** The negotiated extensions of each connection, in the order of `settings`; "" for none. */
const peers = [
  {
    peer: "ws",
    runtime: runtimeNamed("node"),
    script: `${scripts}/compressed-ws-client.ts`,
    agreed: settings.map(({ flags }) => {
      const told = flags.includes("10" as never) ? "; client_max_window_bits=10" : "";
      const keeps = flags.includes("--deflate-takeover" as never) && !flags.includes("0" as never);
      const no = keeps ? "" : `; ${clientNo}`;
      return [
        `${deflate}${no}${told}`,
        `${deflate}${no}${told}`,
        `${deflate}; ${serverNo}${no}${told}`,
        `${deflate}; ${clientNo}${told}`,
        `${deflate}; server_max_window_bits=10${no}; client_max_window_bits=9`,
        `${deflate}; ${serverNo}; server_max_window_bits=9; ${clientNo}${told}`,
        "",
      ];
    }),
  },
  ...[
    { peer: "undici", name: "node" as const, script: `${scripts}/compressed-undici-client.ts` },
    {
      peer: "Bun's WebSocket",
      name: "bun" as const,
      script: `${scripts}/compressed-native-client.ts`,
    },
  ].map(({ peer, name, script }) => ({
    peer,
    runtime: runtimeNamed(name),
    script,
    agreed: [
      [`${deflate}; ${clientNo}`],
      [deflate],
      [`${deflate}; client_max_window_bits=10`],
      [`${deflate}; ${clientNo}`],
    ],
  })),
  {
    // It offers no extension.
    peer: "Deno's WebSocket",
    runtime: runtimeNamed("deno"),
    script: `${scripts}/compressed-native-client.ts`,
    agreed: settings.map(() => [""]),
  },
];

const indexed = settings.map((setting, index) => ({ ...setting, index }));

// The second setting uses every feature.
describe.each(isFullDepth ? indexed : indexed.slice(1, 2))(
  "compression with other clients, $options",
  ({ flags, index }) => {
    describe.each(runtimes)("and the echo server on $name", (runtime) => {
      let server: Awaited<ReturnType<typeof startEchoServer>>;

      beforeAll(async () => {
        server = await startEchoServer(runtime, flags);
      });

      afterAll(() => server?.process.stop("SIGKILL"));

      const played = isWholeOn(runtime.name) ? peers : peers.slice(0, 1);
      test.each(played)("$peer: every message is echoed unchanged", async (peer) => {
        const url = `ws://127.0.0.1:${server.port}/`;
        const client: SubjectProcess = runScript(peer.runtime, peer.script, [url]);
        try {
          for (const [line, extensions] of peer.agreed[index].entries()) {
            const seen = JSON.parse(await client.line(line));
            expect(seen).toEqual({ extensions, same: everyMessage, code: 1000 });
          }
          expect(await client.exited).toBe(0);
        } finally {
          await client.stop("SIGKILL");
        }
      });

      test("nothing was reported as an error", () => {
        expect(server.process.standardError).toBe("");
        expect(server.process.isRunning).toBe(true);
      });
    });
  },
);
