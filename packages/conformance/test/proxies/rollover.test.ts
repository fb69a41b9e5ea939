import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWholeOn } from "../../../../test-depth.ts";
import { type Certificates, makeCertificates } from "../../../websocket/test/certificates.ts";
import { until } from "../../src/attack/until.ts";
import { proxies } from "../../src/proxies/installed.ts";
import { ProxyProcess } from "../../src/proxies/proxy-process.ts";
import { Visitor } from "../../src/proxies/visitor.ts";
import {
  type Runtime,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";

/** In milliseconds. The health check of the proxy fails within the first of them. */
const flags = ["--readiness-delay", "2000", "--spread-over", "200", "--timeout", "2000"];

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

function startServer(runtime: Runtime): Promise<ServerProcess> {
  const script = `examples/deployment/${runtime.name}.ts`;
  return startServerFromSource(runtime, script, ["--port", "0", ...flags]);
}

/** How many connections a server has had. */
async function connectionsOf({ process }: ServerProcess): Promise<number> {
  const indexes = Array.from({ length: process.lineCount }, (_, index) => index);
  const lines = await Promise.all(indexes.map((index) => process.line(index)));
  return lines.filter((line) => line.endsWith(" connected")).length;
}

function lastLine({ process }: ServerProcess): Promise<string> {
  return process.line(process.lineCount - 1);
}

const pairs = runtimes
  .filter((runtime) => isWholeOn(runtime.name))
  .flatMap((runtime) => proxies.map((proxy) => ({ ...proxy, runtime, on: runtime.name })));

describe.each(pairs)("$name in front of two servers on $on", ({ name, skipped, runtime }) => {
  let one: ServerProcess;
  let two: ServerProcess;
  let proxy: ProxyProcess;
  const visitors: Visitor[] = [];

  const visit = async () => {
    const visitor = await Visitor.open(`ws://127.0.0.1:${proxy.port}/`);
    visitors.push(visitor);
    return visitor;
  };

  /** Numbers of connections that the servers have had. */
  const shares = async () => [await connectionsOf(one), await connectionsOf(two)] as const;

  beforeAll(async () => {
    if (skipped) return;
    [one, two] = await Promise.all([startServer(runtime), startServer(runtime)]);
    proxy = await ProxyProcess.start(name, { servers: [one.port, two.port] }, certificates);
  });

  afterAll(async () => {
    for (const visitor of visitors) visitor.terminate();
    await proxy?.stop();
    for (const server of [one, two]) await server?.process.stop("SIGKILL");
  });

  test.skipIf(skipped)("new connections go where the fewest are", async () => {
    for (let i = 0; i < 6; i++) await visit();
    await until(shares, ([first, second]) => first === 3 && second === 3);
  });

  test.skipIf(skipped)("clients of a server that gets SIGTERM come to the other one", async () => {
    const returning: Promise<Visitor>[] = [];
    for (const visitor of [...visitors]) {
      void visitor.left.then(({ code }) => {
        if (code === 1_001) returning.push(visit());
      });
    }
    process.kill(one.process.pid, "SIGTERM");
    // HAProxy asks for the server's health and sends no new clients to it before it listens no more.
    while (name === "haproxy") {
      const [first, second] = await shares();
      if (second >= first + 2) break;
      await visit();
      await until(shares, ([left, right]) => left + right === visitors.length);
    }
    expect(await one.process.exited).toBe(0);
    expect(await lastLine(one)).toMatch(/^{"closed":\d+,"terminated":0}$/);
    await until(
      () => returning.length,
      (count) => count === 3,
    );
    await Promise.all(returning);
    for (const visitor of visitors.filter(({ hasLeft }) => !hasLeft)) {
      expect(await visitor.echoOf("hello")).toBe("hello");
    }
    const [first, second] = await shares();
    expect(first + second).toBe(visitors.length);
  });

  test.skipIf(skipped)("open connections survive a reload of the configuration", async () => {
    const old = await visit();
    const three = await startServer(runtime);
    try {
      await proxy.reload([three.port, three.port]);
      // The old configuration holds until the new one has been read.
      await until(
        async () => {
          await visit();
          return connectionsOf(three);
        },
        (count) => count > 0,
      );
      expect(await old.echoOf("hello")).toBe("hello");
      expect(two.process.isRunning).toBe(true);
    } finally {
      await three.process.stop("SIGKILL");
    }
  });
});
