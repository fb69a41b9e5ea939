import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../../websocket/test/certificates.ts";
import { runScript, runtimes } from "../../src/runtimes.ts";

type Pair = { cert: string; key: string };

let directory: string;
let ca: string;
let alice: Pair;
let mallory: Pair;
let files: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "framewright-"));
  const [authority, other] = [await makeAuthority(), await makeAuthority("another authority")];
  ca = authority.ca;
  const server = await authority.issue({ commonName: "localhost", hostNames: ["localhost"] });
  alice = await authority.issue({ commonName: "alice" });
  mallory = await other.issue({ commonName: "mallory" });
  files = [];
  for (const text of [server.cert, server.key, ca, other.ca]) {
    const file = join(directory, `${files.length}.pem`);
    await writeFile(file, text, { mode: 0o600 });
    files.push(file);
  }
});

afterAll(() => rm(directory, { recursive: true }));

interface Outcome {
  /** What the server answered, or "" if it refused the client. */
  readonly answer: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** Sends a request, and returns the answer and the TLS session to resume. */
function ask(
  port: number,
  client: Pair,
  maxVersion: "TLSv1.2" | "TLSv1.3",
  session?: Buffer,
  path = "/",
): Promise<Outcome> {
  const resumed = session === undefined ? {} : { session };
  return new Promise((resolve) => {
    const options = { port, host: "127.0.0.1", servername: "localhost", ca, maxVersion };
    const socket = connect({ ...options, ...client, ...resumed });
    let answer = "";
    let isResumed = false;
    let next: Buffer | undefined;
    socket.on("session", (received: Buffer) => {
      next = received;
    });
    socket.on("secureConnect", () => {
      isResumed = socket.isSessionReused();
    });
    socket.on("data", (bytes: Buffer) => {
      answer += bytes;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      resolve({ answer: answer.split("\r\n\r\n")[1] ?? "", isResumed, session: next });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  });
}

const variants = runtimes.flatMap((runtime) =>
  // On Bun, server names select another implementation, the one that can replace certificates.
  ["", "names"].map((variant) => ({ runtime, name: runtime.name, variant })),
);

describe.each(variants)("TLS sessions on $name $variant", ({ runtime, name, variant }) => {
  const canReplace = name !== "bun" || variant === "names";

  test.each(["TLSv1.2", "TLSv1.3"] as const)("%s", async (version) => {
    const args = [`@framewright/${name}-transport`, ...files, variant];
    const servers = runScript(runtime, "packages/conformance/test/tls/servers.ts", args);
    try {
      const [first, second] = JSON.parse(await servers.line(0)) as [number, number];
      const full = await ask(first, alice, version);
      expect(full).toMatchObject({ answer: "hello alice", isResumed: false });
      const resumed = await ask(first, alice, version, full.session);
      expect(resumed).toMatchObject({ answer: "hello alice", isResumed: true });

      // The session of one server proves nothing to another one, which trusts other authorities.
      expect((await ask(second, alice, version, full.session)).answer).toBe("");
      expect((await ask(second, mallory, version)).answer).toBe("hello mallory");
      expect((await ask(second, alice, version, resumed.session)).answer).toBe("");

      if (!canReplace) return;
      const session = resumed.session ?? full.session;
      const before = await ask(first, alice, version, session, "/replace");
      expect(before.answer).toBe("hello alice");
      // The authority is no longer trusted, and its sessions are not either.
      for (const old of [session, before.session, full.session, undefined]) {
        expect((await ask(first, alice, version, old)).answer).toBe("");
      }
      // A session of another server is as good as a new one, if the authority is trusted.
      const other = await ask(second, mallory, version);
      expect((await ask(first, mallory, version, other.session)).answer).toBe("hello mallory");
      const own = await ask(first, mallory, version);
      expect(own.answer).toBe("hello mallory");
      const again = await ask(first, mallory, version, own.session);
      expect(again).toMatchObject({ answer: "hello mallory", isResumed: true });
    } finally {
      await servers.stop("SIGKILL");
    }
  });
});
