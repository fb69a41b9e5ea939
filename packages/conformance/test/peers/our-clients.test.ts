import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClientReport } from "../../src/client-driver.ts";
import {
  runtimeNamed,
  runtimes,
  type ServerProcess,
  startEchoClient,
  startServer,
} from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";
import { everythingCame } from "./expectations.ts";
import { maxMessageSize } from "./scripts/conversation.ts";

const scripts = "packages/conformance/test/peers/scripts";
const paths = ["/converse", "/too-long", "/no-status"];

/** Other servers, and the status code that they send if none is given. */
const peers = [
  {
    peer: "a server of ws",
    runtime: runtimeNamed("node"),
    script: `${scripts}/ws-server.ts`,
    noStatus: 1005,
  },
  {
    peer: "Deno.serve",
    runtime: runtimeNamed("deno"),
    script: `${scripts}/deno-server.ts`,
    noStatus: 1005,
  },
  {
    peer: "Bun.serve",
    runtime: runtimeNamed("bun"),
    script: `${scripts}/bun-server.ts`,
    noStatus: 1000,
  },
] as const;

describe.each(peers)("$peer", ({ runtime, script, noStatus }) => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServer(runtime, script);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  describe.each(runtimes.map(({ name }, index) => ({ name, index })))(
    "and the echo client on $name",
    ({ name, index }) => {
      let client: SubjectProcess;
      /** Returns the server's report on a path. Its first line is the listening address. */
      const seen = async (path: string) =>
        JSON.parse(await server.process.line(1 + index * paths.length + paths.indexOf(path)));
      const reported = async (path: string): Promise<ClientReport> =>
        JSON.parse(await client.line(paths.indexOf(path)));

      beforeAll(() => {
        const urls = paths.map((path) => `ws://127.0.0.1:${server.port}${path}`);
        const flags = ["--subprotocol", "chat", "--max-message-size", String(maxMessageSize)];
        client = startEchoClient(runtimeNamed(name), urls, flags);
      });

      afterAll(() => client?.stop("SIGKILL"));

      test("messages of every kind, a subprotocol, and the server's close", async () => {
        expect(await seen("/converse")).toMatchObject({
          path: "/converse",
          offered: "chat",
          came: everythingCame,
          closure: { code: 3002 },
        });
        expect(await reported("/converse")).toMatchObject({
          statusCode: 3002,
          reason: "server is done",
          wasClean: true,
        });
      });

      test("the client's close, with its reason, in the middle of a message", async () => {
        const { path, closure } = await seen("/too-long");
        expect(path).toBe("/too-long");
        expect(closure.code).toBe(1009);
        expect(closure.reason).toMatch(/^[a-z ]+$/);
        expect(await reported("/too-long")).toMatchObject({ statusCode: 1009, wasClean: false });
      });

      test("a close without a status code", async () => {
        expect(await reported("/no-status")).toMatchObject({
          statusCode: noStatus,
          reason: "",
          wasClean: true,
        });
        expect(await client.exited).toBe(0);
      });
    },
  );
});
