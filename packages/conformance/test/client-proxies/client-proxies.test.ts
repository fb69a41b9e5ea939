import { serve } from "@framewright/node-transport";
import type { ServeOptions, Server } from "@framewright/websocket";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../../../websocket/test/certificates.ts";
import type { Attempt, Outcome } from "../../src/client-proxies/probe.ts";
import { type ProgramProcess, startProgram } from "../../src/client-proxies/program-process.ts";
import { forbiddenHost, password, proxyPrograms, user } from "../../src/client-proxies/programs.ts";
import { isInstalled } from "../../src/proxies/installed.ts";
import { runScriptFromSource, runtimeNamed, runtimes } from "../../src/runtimes.ts";

/** Deno without the permission to read variables of the environment. */
const deno = runtimeNamed("deno");
const restricted = {
  ...deno,
  command: [deno.command[0], "run", "--no-prompt", "--allow-net", "--allow-read", "--no-lock"],
};
const programs = proxyPrograms.filter(isInstalled);
const names = programs.map(({ name }) => name).join(", ");
let certificates: Certificates;
let servers: { ws: Server; wss: Server };

beforeAll(async () => {
  certificates = await makeCertificates();
  const { cert, key } = certificates;
  const echo: ServeOptions = { message: (socket, data) => void socket.send(data) };
  servers = { ws: await serve(echo), wss: await serve({ ...echo, tls: { cert, key } }) };
});

afterAll(async () => {
  await Promise.all([servers?.ws.close({ timeout: 0 }), servers?.wss.close({ timeout: 0 })]);
});

const echoed: Outcome = { echoed: [0, 5, 200_000], end: "4001 done true" };
const failure = (name: string, status: number): Outcome => ({
  code: `WS_ERR_PROXY_${name}`,
  status,
  step: "proxy",
});

/** A proxy's URL scheme, what is connected to, and what must come of it. */
type Row = readonly [scheme: string, url: string, credentials: string, expected: Outcome];

const right = `${user}:${password}`;
const wrong = `${user}:no`;

/** The rows for an HTTP proxy, with its statuses for wrong credentials and unreachable servers. */
const httpRows = (scheme: string, denied: number, down: number): readonly Row[] => [
  [scheme, "ws://localhost:WS/", right, echoed],
  [scheme, "wss://localhost:WSS/", right, echoed],
  [scheme, "wss://127.0.0.1:WSS/", right, echoed],
  [scheme, "ws://localhost:WS/", wrong, failure("AUTHENTICATION", denied)],
  [scheme, "wss://localhost:1/", right, failure("REFUSED", down)],
  [scheme, `ws://${forbiddenHost}/`, right, failure("REFUSED", 403)],
];

const rows: Readonly<Record<string, readonly Row[]>> = {
  tinyproxy: httpRows("http", 401, 500),
  squid: [...httpRows("http", 407, 503), ...httpRows("https", 407, 503)],
  microsocks: [
    ["socks5", "ws://localhost:WS/", right, echoed],
    ["socks5h", "wss://localhost:WSS/", right, echoed],
    ["socks5", "wss://127.0.0.1:WSS/", right, echoed],
    ["socks5", "ws://[::1]:1/", right, failure("REFUSED", 0)],
    ["socks5", "ws://localhost:WS/", wrong, failure("AUTHENTICATION", 0)],
    ["socks5", "ws://localhost:WS/", "", failure("AUTHENTICATION", 0)],
    ["socks5", "ws://localhost:1/", right, failure("REFUSED", 0)],
  ],
};

describe.skipIf(programs.length === 0)(`through ${names}`, () => {
  const proxies: ProgramProcess[] = [];

  beforeAll(async () => {
    const started = programs.map((program) => startProgram(program, certificates));
    for (const proxy of started) proxies.push(await proxy);
  });

  afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));

  test.each(runtimes)("clients on $name connect, or get the refusal", async (runtime) => {
    const tls = { ca: certificates.ca };
    const proxyUrl = (index: number, scheme: string, credentials: string) => {
      const { port, tlsPort } = proxies[index];
      const userInformation = credentials === "" ? "" : `${credentials}@`;
      return `${scheme}://${userInformation}127.0.0.1:${scheme === "https" ? tlsPort : port}`;
    };
    const attempts: Attempt[] = [];
    const expected: Outcome[] = [];
    for (const [index, { name }] of programs.entries()) {
      for (const [scheme, url, credentials, outcome] of rows[name]) {
        const proxy = { url: proxyUrl(index, scheme, credentials), tls };
        attempts.push({
          url: url.replace("WSS", `${servers.wss.port}`).replace("WS", `${servers.ws.port}`),
          options: { tls, proxy },
        });
        expected.push(outcome);
      }
    }
    attempts.push({ url: `wss://localhost:${servers.wss.port}/`, options: { tls, proxy: "env" } });
    const [scheme] = rows[programs[0].name][0];
    const environment = { WSS_PROXY: proxyUrl(0, scheme, right), no_proxy: "other.example" };
    const script = `packages/conformance/src/client-proxies/probe-${runtime.name}.ts`;
    const client = runScriptFromSource(runtime, script, [JSON.stringify(attempts)], environment);
    const outcomes: Outcome[] = [];
    for (const index of attempts.keys()) outcomes.push(JSON.parse(await client.line(index)));
    expect(outcomes).toEqual([...expected, echoed]);
    expect(await client.exited).toBe(0);
  });
});

test("on Deno, variables that may not be read are an error", async () => {
  const attempts: Attempt[] = [{ url: "ws://localhost:1/", options: { proxy: "env" } }];
  const script = "packages/conformance/src/client-proxies/probe-deno.ts";
  const client = runScriptFromSource(restricted, script, [JSON.stringify(attempts)]);
  expect(JSON.parse(await client.line(0))).toEqual(failure("ENVIRONMENT", 0));
});
