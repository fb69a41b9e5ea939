import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSync } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  repositoryPath,
  runtimeNamed,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";
import { browserTests, launchBrowser } from "./chromium.ts";

/** The subpath as a browser gets it, as the global `framewright`. */
function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [repositoryPath("packages/websocket/src/reconnecting/index.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "framewright",
    platform: "browser",
  });
  return outputFiles[0].text;
}

/** What the page's script uses. It runs in the browser. */
interface PageScope {
  framewright: typeof import("@framewright/websocket/reconnecting");
  connection: ReturnType<typeof import("@framewright/websocket/reconnecting").reconnecting>;
  log: string[];
}

const startServer = (port: number): Promise<ServerProcess> =>
  startServerFromSource(runtimeNamed("node"), "examples/echo/node.ts", ["--port", String(port)]);

describe.runIf(browserTests)("reconnecting in Chromium", () => {
  let browser: Browser;
  let pages: Server;
  let page: Page;
  let server: ServerProcess;

  beforeAll(async () => {
    browser = await launchBrowser();
    pages = createServer((_request, response) => response.end("<title>page</title>")).listen(
      0,
      "127.0.0.1",
    );
    server = await startServer(0);
    page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
    await page.addScriptTag({ content: bundle() });
  });
  afterAll(async () => {
    await browser?.close();
    pages?.close();
    await server?.process.stop("SIGKILL");
  });

  const start = (options: object) =>
    page.evaluate(
      ([port, given]) => {
        const scope = globalThis as unknown as PageScope;
        scope.log = [];
        scope.connection = scope.framewright.reconnecting(`ws://127.0.0.1:${port}/`, {
          ...(given as object),
          queue: true,
          onConnect: () => void scope.log.push("connect"),
          message: (_socket, data) => void scope.log.push(String(data)),
        });
      },
      [server.port, options] as const,
    );
  const log = () => page.evaluate(() => (globalThis as unknown as PageScope).log);
  const state = () => page.evaluate(() => (globalThis as unknown as PageScope).connection.state);
  const send = (text: string) =>
    page.evaluate((data) => (globalThis as unknown as PageScope).connection.send(data), text);
  const close = () =>
    page.evaluate(async () => {
      const { connection } = globalThis as unknown as PageScope;
      connection.close(1000);
      return (await connection.closed).code;
    });

  it("is back after its server was killed, and sends what was queued once", async () => {
    await start({ minDelay: 50, maxDelay: 300 });
    await expect.poll(state).toBe("open");
    expect(await send("a")).toBe("sent");
    await expect.poll(log).toEqual(["connect", "a"]);
    const { port } = server;
    await server.process.stop("SIGKILL");
    await expect.poll(state).not.toBe("open");
    expect(await send("b")).toBe("queued");
    server = await startServer(port);
    await expect.poll(log).toEqual(["connect", "a", "connect", "b"]);
    expect(await close()).toBe("WS_ERR_CLOSED");
  });

  it("tries at once when the browser says that it is online", async () => {
    // Without the event, the next try would be days away.
    await start({ minDelay: 2 ** 31 - 1, maxDelay: 2 ** 31 - 1 });
    await expect.poll(state).toBe("open");
    const { port } = server;
    await page.context().setOffline(true);
    await server.process.stop("SIGKILL");
    await expect.poll(state).toBe("waiting");
    server = await startServer(port);
    await page.context().setOffline(false);
    await expect.poll(log).toEqual(["connect", "connect"]);
    expect(await close()).toBe("WS_ERR_CLOSED");
  });

  it("ends for good with an invalid URL", async () => {
    const code = await page.evaluate(async () => {
      const { framewright } = globalThis as unknown as PageScope;
      const connection = framewright.reconnecting("ftp://127.0.0.1/");
      return (await connection.closed).code;
    });
    expect(code).toBe("WS_ERR_NOT_RETRIED");
  });
});
