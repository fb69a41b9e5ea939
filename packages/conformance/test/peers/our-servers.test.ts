import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../../test-depth.ts";
import {
  runScript,
  runtimeNamed,
  runtimes,
  type ServerProcess,
  startEchoServer,
} from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";
import { everythingCame } from "./expectations.ts";
import { maxMessageSize } from "./scripts/conversation.ts";

const scripts = "packages/conformance/test/peers/scripts";

/** Other clients. */
const peers = [
  { peer: "ws", runtime: runtimeNamed("node"), script: `${scripts}/ws-client.ts` },
  { peer: "undici", runtime: runtimeNamed("node"), script: `${scripts}/undici-client.ts` },
  {
    peer: "Node's WebSocket",
    runtime: runtimeNamed("node"),
    script: `${scripts}/native-client.ts`,
  },
  {
    peer: "Deno's WebSocket",
    runtime: runtimeNamed("deno"),
    script: `${scripts}/native-client.ts`,
  },
  { peer: "Bun's WebSocket", runtime: runtimeNamed("bun"), script: `${scripts}/native-client.ts` },
] as const;

describe.each(runtimes)("the echo server on $name", ({ name }) => {
  const played = rowsOn(name, peers, 4);
  let server: ServerProcess;
  const clients = new Map<string, SubjectProcess>();
  const line = async (peer: string, index: number) =>
    JSON.parse((await clients.get(peer)?.line(index)) ?? "null");

  beforeAll(async () => {
    const flags = ["--max-message-size", String(maxMessageSize)];
    server = await startEchoServer(runtimeNamed(name), flags);
  });

  afterAll(async () => {
    for (const client of clients.values()) await client.stop("SIGKILL");
    await server?.process.stop("SIGKILL");
  });

  describe.each(played)("and $peer", ({ peer, runtime, script }) => {
    test("messages of every kind, a subprotocol, and the peer's close", async () => {
      clients.set(peer, runScript(runtime, script, [`ws://127.0.0.1:${server.port}/`]));
      expect(await line(peer, 0)).toEqual({
        protocol: "chat",
        came: everythingCame,
        closure: { code: 3001, reason: "peer is done" },
      });
    });

    test("the server's close, with its reason, in the middle of a message", async () => {
      const { closure } = await line(peer, 1);
      expect(closure.code).toBe(1009);
      expect(closure.reason).toMatch(/^[a-z ]+$/);
    });
  });

  test("the server's close when it is stopped", async () => {
    for (const { peer } of played) expect(await line(peer, 2)).toEqual({ waiting: true });
    expect(await server.process.stop("SIGTERM")).toBe(0);
    for (const { peer } of played) {
      expect(await line(peer, 3), peer).toEqual({ closure: { code: 1001, reason: "" } });
      expect(await clients.get(peer)?.exited, peer).toBe(0);
    }
  });
});
