import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type HandshakeError, type Socket } from "@framewright/node-transport";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signToken } from "../../../../examples/production/session-token.ts";
import { isWholeOn } from "../../../../test-depth.ts";
import { until } from "../../src/attack/until.ts";
import { runScriptFromSource, runtimes, startServerFromSource } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";

const secret = "the secret of a test, of 32 characters or more";
const metricsToken = "the token of a test, of 32 characters or more";
/** Milliseconds that a condition may take. */
const patience = 10_000;
const inAMinute = Date.now() + 60_000;

describe.each(runtimes.filter(({ name }) => isWholeOn(name)))(
  "the example `production` on $name",
  (runtime) => {
    const revokedFile = join(tmpdir(), `framewright-revoked-${process.pid}-${runtime.name}`);
    const script = `examples/production/${runtime.name}.ts`;
    let subject: SubjectProcess;
    let port: number;
    const sockets: Socket[] = [];

    beforeAll(async () => {
      writeFileSync(revokedFile, "mallory\neve\n");
      const server = await startServerFromSource(runtime, script, [], {
        PORT: "0",
        SESSION_SECRET: secret,
        METRICS_TOKEN: metricsToken,
        REVOKED_FILE: revokedFile,
        ORIGINS: "https://app.example, https://other.example",
        PROXIES: "127.0.0.1",
        MAX_CONNECTIONS: "5",
        MAX_CONNECTIONS_PER_CLIENT: "2",
        MAX_MESSAGE_SIZE: "100",
        READINESS_DELAY: "1500",
        SPREAD_OVER: "0",
        CLOSE_TIMEOUT: "1000",
        SPANS: "console",
      });
      subject = server.process;
      port = server.port;
    });
    afterAll(async () => {
      for (const socket of sockets) socket.terminate();
      await subject?.stop("SIGKILL");
      rmSync(revokedFile);
    });

    /** Connects with header lines. */
    async function dial(path: string, headers: Record<string, string>): Promise<Socket> {
      const socket = await connect(`ws://127.0.0.1:${port}${path}`, { headers });
      sockets.push(socket);
      return socket;
    }
    /** Connects as a member from an address behind the proxy. */
    const enter = (room: string, name: string, address: string) =>
      dial(`/rooms/${room}`, {
        "X-Forwarded-For": address,
        Cookie: `theme=dark; session=${signToken(name, inAMinute, secret)}`,
      });
    const refusal = async (headers: Record<string, string>, path = "/rooms/7") =>
      (await dial(path, headers).catch((error: HandshakeError) => error)) as HandshakeError;
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const metrics = async () =>
      (await get("/metrics", { Authorization: `Bearer ${metricsToken}` })).text();
    const next = async (socket: Socket) => (await socket[Symbol.asyncIterator]().next()).value;

    async function leave(...members: Socket[]): Promise<void> {
      for (const member of members) member.close(1000);
      await Promise.all(members.map(({ closed }) => closed));
      await until(
        async () => /^websocket_connections\{[^}]*\} (\d+)$/m.exec(await metrics())?.[1],
        (open) => open === "0",
        patience,
      );
    }

    test("who is not signed in, whose session has ended, or who is on a foreign page is refused", async () => {
      const cookie = (token: string) => ({ Cookie: `session=${token}` });
      const alice = signToken("alice", inAMinute, secret);
      const tokens = [
        "",
        "alice",
        alice.replace("alice", "admin"),
        signToken("alice", inAMinute, "another secret"),
        signToken("alice", Date.now() - 1, secret),
        signToken("mallory", inAMinute, secret),
      ];
      for (const token of tokens) {
        expect(await refusal(cookie(token))).toMatchObject({ status: 401 });
        expect(await refusal({ Authorization: `Bearer ${token}` })).toMatchObject({
          status: 401,
        });
      }
      expect(await metrics()).toMatch(
        /^websocket_handshake_duration_count\{role="server",outcome="WS_ERR_REFUSED"[^}]*\} 12$/m,
      );
      const foreign = { ...cookie(alice), Origin: "https://evil.example" };
      expect(await refusal(foreign)).toMatchObject({ status: 403 });
      expect(await refusal(cookie(alice), "/elsewhere")).toMatchObject({ status: 404 });
      const own = await dial("/rooms/7", { ...cookie(alice), Origin: "https://app.example" });
      await leave(own, await dial("/rooms/7", { Authorization: `Bearer ${alice}` }));
    });

    test("a message reaches the members of its room alone", async () => {
      const alice = await enter("7", "alice", "203.0.113.1");
      const bob = await enter("7", "bob", "203.0.113.2");
      const carol = await enter("8", "carol", "203.0.113.3");
      alice.send("hello");
      const hello = JSON.stringify({ name: "alice", text: "hello" });
      expect(await Promise.all([next(alice), next(bob)])).toEqual([hello, hello]);
      carol.send("anybody?");
      // The first message that she gets is her own.
      expect(await next(carol)).toBe(JSON.stringify({ name: "carol", text: "anybody?" }));
      await leave(alice, bob, carol);
    });

    test("limits are answered, and counted on the metrics page", async () => {
      const first = await enter("7", "alice", "203.0.113.1");
      const second = await enter("7", "alice", "203.0.113.1");
      const third = await enter("7", "alice", "203.0.113.1").catch((error) => error);
      expect(third).toMatchObject({ status: 429 });
      // The client chose the first entry, the proxy added the second.
      const forged = await enter("7", "alice", "198.51.100.1, 203.0.113.1").catch((error) => error);
      expect(forged).toMatchObject({ status: 429 });
      const other = await enter("7", "bob", "203.0.113.2");
      other.send("x".repeat(101));
      expect(await other.closed).toMatchObject({ statusCode: 1009 });
      const text = await until(metrics, (text) => text.includes('name="maxMessageSize"'), patience);
      const value = (start: string) =>
        text
          .split("\n")
          .find((line) => line.startsWith(start))
          ?.split(" ")
          .at(-1);
      const limits = 'websocket_limits_total{role="server",name=';
      expect(value(`${limits}"perClient.connections",action="refused"`)).toBe("2");
      expect(value(`${limits}"maxMessageSize",action="closed"`)).toBe("1");
      const handshakes = 'websocket_handshake_duration_count{role="server",outcome=';
      expect(value(`${handshakes}"WS_ERR_CLIENT_CONNECTIONS"`)).toBe("2");
      expect(Number(value(`${handshakes}"accepted"`))).toBeGreaterThan(0);
      const closed = 'websocket_connection_duration_count{role="server",status_code="1009"';
      expect(value(closed)).toBe("1");
      await leave(first, second);
    });

    test("the pages: health, and metrics for those who have the token", async () => {
      expect((await get("/healthz")).status).toBe(200);
      expect((await get("/")).status).toBe(404);
      expect((await get("/metrics")).status).toBe(401);
      expect((await get("/metrics", { Authorization: "Bearer x" })).status).toBe(401);
      const answer = await get("/metrics", { Authorization: `Bearer ${metricsToken}` });
      expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(await answer.text()).toMatch(/^websocket_messages_total\{direction="received"/m);
    });

    test("SIGTERM: the health check fails, clients leave, the process ends with 0", async () => {
      const member = await enter("7", "alice", "203.0.113.1");
      process.kill(subject.pid, "SIGTERM");
      await until(
        async () => (await get("/healthz")).status,
        (status) => status === 503,
        patience,
      );
      expect(await member.closed).toMatchObject({ statusCode: 1001, wasClean: true });
      expect(await subject.exited).toBe(0);
      const lines = await Promise.all(
        Array.from({ length: subject.lineCount }, (_, index) => subject.line(index)),
      );
      expect(lines).toContain('{"closed":1,"terminated":0}');
      // One span of each connection's handshake, and one of each connection.
      expect(
        lines.filter((line) => line.includes("name: ") && line.includes("handshake")).length,
      ).toBeGreaterThan(0);
      expect(lines.filter((line) => line.includes("websocket connection")).length).toBeGreaterThan(
        0,
      );
      expect(subject.standardError).toBe("");
    });

    test("a configuration that cannot be right ends the process with a message", async () => {
      for (const [variables, message] of [
        [
          { MAX_CONNECTIONS: "many" },
          /^MAX_CONNECTIONS must be an integer from 1 to \d+, got many\n$/,
        ],
        [{ REVOKED_FILE: "/no/such/file" }, /^ENOENT: .*\n$/],
      ] as const) {
        const environment = { SESSION_SECRET: secret, ...variables };
        const wrong = runScriptFromSource(runtime, script, [], environment);
        expect(await wrong.exited).toBe(1);
        expect(wrong.standardError).toMatch(message);
      }
    });
  },
);
