import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWholeOn } from "../../../../test-depth.ts";
import { type CertificateFiles, makeCertificateFiles } from "../../src/certificates.ts";
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
const clientScript = `${scripts}/undici-http2-client.ts`;
const nghttp = "/usr/bin/nghttp";
const nghttpTests = existsSync(nghttp) || process.env.FRAMEWRIGHT_REQUIRE_PEERS === "1";

describe.each(runtimes)("the echo server over HTTP/2 on $name", (runtime) => {
  let server: ServerProcess;
  let client: SubjectProcess | undefined;
  const line = async (index: number) => JSON.parse((await client?.line(index)) ?? "null");

  beforeAll(async () => {
    const flags = ["--http2", "--max-message-size", String(maxMessageSize)];
    server = await startEchoServer(runtime, flags);
  });

  afterAll(async () => {
    await client?.stop("SIGKILL");
    await server?.process.stop("SIGKILL");
  });

  test("and undici: messages of every kind, a subprotocol, and the peer's close", async () => {
    const url = `ws://127.0.0.1:${server.port}/`;
    client = runScript(runtimeNamed("node"), clientScript, [url]);
    expect(await line(0)).toEqual({
      protocol: "chat",
      came: everythingCame,
      closure: { code: 3001, reason: "peer is done" },
    });
  });

  test("and undici: the server's close, with its reason, in the middle of a message", async () => {
    const { closure } = await line(1);
    expect(closure.code).toBe(1009);
    expect(closure.reason).toMatch(/^[a-z ]+$/);
  });

  test.runIf(nghttpTests)("and nghttp: what the settings announce, and a malformed request", () => {
    // It sends `:protocol` after the other headers (RFC 9113 section 8.3).
    const headers = ["-H:method: CONNECT", "-H:protocol: websocket"];
    const url = `http://127.0.0.1:${server.port}/`;
    const { stdout } = spawnSync(nghttp, ["-v", "-t", "10s", ...headers, url]);
    expect(String(stdout)).toContain("[SETTINGS_ENABLE_CONNECT_PROTOCOL(0x08):1]");
    // Deno ends the connection, the others the stream.
    expect(String(stdout)).toMatch(
      /recv (RST_STREAM|GOAWAY) frame .*\n.*error_code=PROTOCOL_ERROR/,
    );
  });

  test("and undici: the server's close when it is stopped", async () => {
    expect(await line(2)).toEqual({ waiting: true });
    expect(await server.process.stop("SIGTERM")).toBe(0);
    expect(await line(3)).toEqual({ closure: { code: 1001, reason: "" } });
    expect(await client?.exited).toBe(0);
    expect(server.process.standardError).toBe("");
  });
});

const whole = runtimes.filter(({ name }) => isWholeOn(name));

describe.each(whole)("the echo server over HTTP/2 and TLS on $name", (runtime) => {
  /** ALPN chooses HTTP/2 for undici and HTTP/1.1 for `ws`, on one port. */
  const peers = [
    ["undici", clientScript],
    ["ws over HTTP/1.1", `${scripts}/ws-client.ts`],
  ] as const;
  let certificates: CertificateFiles;
  let server: ServerProcess;
  const clients = new Map<string, SubjectProcess>();
  const line = async (peer: string, index: number) =>
    JSON.parse((await clients.get(peer)?.line(index)) ?? "null");

  beforeAll(async () => {
    certificates = await makeCertificateFiles();
    const { certFile, keyFile, caFile } = certificates;
    const tls = ["--cert", certFile, "--key", keyFile];
    const flags = ["--http2", ...tls, "--max-message-size", String(maxMessageSize)];
    server = await startEchoServer(runtime, flags);
    const url = `wss://127.0.0.1:${server.port}/`;
    for (const [peer, script] of peers) {
      const trusting = { NODE_EXTRA_CA_CERTS: caFile };
      clients.set(peer, runScript(runtimeNamed("node"), script, [url], trusting));
    }
  });

  afterAll(async () => {
    for (const client of clients.values()) await client.stop("SIGKILL");
    await server?.process.stop("SIGKILL");
    await certificates?.remove();
  });

  test.each(peers)("and %s: messages of every kind, and each side's close", async (peer) => {
    expect(await line(peer, 0)).toEqual({
      protocol: "chat",
      came: everythingCame,
      closure: { code: 3001, reason: "peer is done" },
    });
    expect((await line(peer, 1)).closure.code).toBe(1009);
  });

  test("and both: the server's close when it is stopped", async () => {
    for (const [peer] of peers) expect(await line(peer, 2), peer).toEqual({ waiting: true });
    expect(await server.process.stop("SIGTERM")).toBe(0);
    for (const [peer] of peers) {
      expect(await line(peer, 3), peer).toEqual({ closure: { code: 1001, reason: "" } });
      expect(await clients.get(peer)?.exited, peer).toBe(0);
    }
    expect(server.process.standardError).toBe("");
  });
});
