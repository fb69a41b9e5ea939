import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../../test-depth.ts";
import { type Certificates, makeCertificates } from "../../../websocket/test/certificates.ts";
import { proxies } from "../../src/proxies/installed.ts";
import type { ProxyName } from "../../src/proxies/proxy-kinds.ts";
import { ProxyProcess } from "../../src/proxies/proxy-process.ts";
import { Visitor } from "../../src/proxies/visitor.ts";
import {
  type Runtime,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

/** A server in front of which each proxy drops connections that are idle for 2 seconds. */
class ProxiedServer {
  readonly visitors: Visitor[] = [];
  private readonly server: ServerProcess;
  private readonly proxy: ProxyProcess;

  private constructor(server: ServerProcess, proxy: ProxyProcess) {
    this.server = server;
    this.proxy = proxy;
  }

  /** @param heartbeat - In milliseconds; 0 for none. */
  static async start(
    proxy: ProxyName,
    runtime: Runtime,
    heartbeat: number,
  ): Promise<ProxiedServer> {
    const args = ["--port", "0", "--heartbeat", String(heartbeat)];
    const script = `examples/deployment/${runtime.name}.ts`;
    const server = await startServerFromSource(runtime, script, args);
    const servers = [server.port, server.port] as const;
    const options = { servers, idleTimeout: "2s" };
    return new ProxiedServer(server, await ProxyProcess.start(proxy, options, certificates));
  }

  async visit(): Promise<Visitor> {
    const visitor = await Visitor.open(`ws://127.0.0.1:${this.proxy.port}/`);
    this.visitors.push(visitor);
    return visitor;
  }

  async stop(): Promise<void> {
    for (const visitor of this.visitors) visitor.terminate();
    await this.proxy.stop();
    await this.server.process.stop("SIGKILL");
  }
}

const pairs = runtimes.flatMap((runtime) =>
  rowsOn(runtime.name, proxies).map((proxy) => ({ ...proxy, runtime, on: runtime.name })),
);

describe.concurrent.each(pairs)(
  "$name with a timeout of 2 seconds, in front of $on",
  ({ name, skipped, runtime }) => {
    const started: ProxiedServer[] = [];
    const start = async (heartbeat: number) => {
      const server = await ProxiedServer.start(name, runtime, heartbeat);
      started.push(server);
      return server;
    };

    afterAll(async () => {
      for (const server of started) await server.stop();
    });

    test.skipIf(skipped)(
      "drops an idle connection without a heartbeat, and none with one",
      async () => {
        const without = await start(0);
        const kept = await (await start(500)).visit();
        const sending = await without.visit();
        const idle = await without.visit();
        const isDropped = idle.left.then(() => true);
        // Only the client's direction is not idle.
        while (!(await Promise.race([isDropped, delay(100, false)]))) sending.pong();
        expect(await idle.left).toEqual({ code: 1_006, reason: "" });

        expect(await kept.echoOf("still here")).toBe("still here");
        expect(kept.pings).toBeGreaterThan(0);
        expect(await sending.echoOf("here too")).toBe("here too");
      },
    );
  },
);
