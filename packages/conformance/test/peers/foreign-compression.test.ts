import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWholeOn, rowsOn } from "../../../../test-depth.ts";
import {
  repositoryPath,
  runScript,
  runtimes,
  type ServerProcess,
  startEchoServer,
} from "../../src/runtimes.ts";
import { SubjectProcess } from "../../src/subject-process.ts";

const scripts = "packages/conformance/test/peers/scripts";
const required = Boolean(process.env.CI) || process.env.FRAMEWRIGHT_REQUIRE_PEERS === "1";

/** Peers from Debian's packages that violate RFC 7692 sections 7.1.1.1, 7.1.1.2 and 7.1.2.1. */
const peers = [
  {
    name: "Tornado",
    package: "python3-tornado",
    interpreter: "/usr/bin/python3",
    check: ["-c", "import tornado"],
    suffix: "py",
  },
  {
    name: "Mojolicious",
    package: "libmojolicious-perl",
    interpreter: "/usr/bin/perl",
    check: ["-MMojolicious", "-e", "1"],
    suffix: "pl",
  },
] as const;

type Peer = (typeof peers)[number];

function isInstalled({ name, interpreter, check, package: needed }: Peer): boolean {
  if (required || spawnSync(interpreter, check).status === 0) return true;
  console.warn(
    `SKIPPED: Debian's ${needed} is not installed, so nothing was tested with ${name}. ` +
      "FRAMEWRIGHT_REQUIRE_PEERS=1 makes this a failure.",
  );
  return false;
}

function run(peer: Peer, kind: "server" | "client", ...args: string[]): SubjectProcess {
  const script = `${scripts}/${peer.name.toLowerCase()}-${kind}.${peer.suffix}`;
  return new SubjectProcess([peer.interpreter, repositoryPath(script), ...args]);
}

for (const peer of peers)
  describe.skipIf(!isInstalled(peer))(peer.name, () => {
    describe("a server", () => {
      let server: SubjectProcess;
      let url: string;
      beforeAll(async () => {
        server = run(peer, "server");
        url = (await server.line(0)).replace("listening on ", "");
      });
      afterAll(() => server?.stop("SIGKILL"));

      test.each(
        runtimes.flatMap((runtime) =>
          rowsOn(runtime.name, ["default", "takeover", "strict"]).map((choice) => ({
            choice,
            runtime,
            name: runtime.name,
          })),
        ),
      )("works with our client on $name, $choice", async ({ runtime, choice }) => {
        const client = runScript(runtime, `${scripts}/foreign-client-${runtime.name}.ts`, [
          url,
          choice,
        ]);
        const said = await client.line(0);
        expect(await client.exited).toBe(0);
        if (choice === "strict") {
          expect(said).toBe(
            "WS_ERR_INVALID_EXTENSION the server's permessage-deflate response does not match the offer (WS_ERR_INVALID_EXTENSION)",
          );
        } else {
          expect(said).toMatch(/^3 echoes, permessage-deflate/);
        }
      });
    });

    describe.each(runtimes)("a client of our server on $name", (runtime) => {
      let server: ServerProcess;
      afterAll(() => server?.process.stop("SIGKILL"));

      test("ignores client_no_context_takeover, which the default requests", async () => {
        server = await startEchoServer(runtime, ["--deflate"]);
        const client = run(peer, "client", `ws://127.0.0.1:${server.port}/`);
        expect(await client.line(0)).toBe("1 echoes");
        await client.exited;
        await server.process.stop("SIGKILL");
      });

      test.runIf(isWholeOn(runtime.name))("works with contextTakeover", async () => {
        server = await startEchoServer(runtime, ["--deflate", "--deflate-takeover"]);
        const client = run(peer, "client", `ws://127.0.0.1:${server.port}/`);
        expect(await client.line(0)).toBe("3 echoes");
        expect(await client.exited).toBe(0);
      });
    });
  });
