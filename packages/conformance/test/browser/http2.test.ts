import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { Browser, BrowserContext, WebSocket } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RuntimeName, ServerProcess } from "../../../../examples/chat/server-process.ts";
import { isWholeOn } from "../../../../test-depth.ts";
import { type CertificateFiles, makeCertificateFiles } from "../../src/certificates.ts";
import { browserTests, type Guest, heard, joinIn, launchBrowser, say } from "./chromium.ts";

const host = "127.0.0.1";
const runtimes: readonly RuntimeName[] = ["Node", "Deno", "Bun"];

/** Returns the SHA-256 of a certificate's public key (SPKI) in base64. */
function publicKeyHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

/** Passes TCP connections on to a port and counts them. */
class CountingRelay {
  connections = 0;
  private readonly server: Server;

  constructor(port: number) {
    this.server = createServer((socket) => {
      this.connections++;
      const onward = connect(port, host);
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) {
        end.on("error", () => {
          socket.destroy();
          onward.destroy();
        });
      }
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, host);
    await once(this.server, "listening");
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }
}

describe.runIf(browserTests)("the chat over HTTP/2 in Chromium", () => {
  let browser: Browser;
  let files: CertificateFiles;
  beforeAll(async () => {
    files = await makeCertificateFiles();
    // Without it, the browser would drop its first connection because of the certificate.
    browser = await launchBrowser(
      `--ignore-certificate-errors-spki-list=${publicKeyHash(files.cert)}`,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await files?.remove();
  });

  describe.each(runtimes.filter(isWholeOn))("served by %s", (runtime) => {
    let server: ServerProcess;
    let relay: CountingRelay;
    let context: BrowserContext;
    const webSockets: WebSocket[] = [];

    beforeAll(async () => {
      const flags = ["--http2", "--cert", files.certFile, "--key", files.keyFile];
      server = new ServerProcess(runtime, host, 0, flags);
      relay = new CountingRelay(Number(new URL(await server.ready).port));
      context = await browser.newContext({ locale: "en-GB" });
    });
    afterAll(async () => {
      await context?.close();
      relay?.close();
      await server?.stop();
    });

    it("has a page, its two rooms and another page on one TCP connection", async () => {
      const url = `https://${host}:${await relay.listen()}/`;
      const ada = await visit(`${url}#lobby,tea`, "Ada");
      const grace = await visit(`${url}#tea`, "Grace");
      const protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
      for (const { page } of [ada, grace]) expect(await page.evaluate(protocol)).toBe("h2");
      await say(ada, "Hello, lobby");
      await say(grace, "Hello, Ada");
      await ada.page.getByRole("tab", { name: "tea 1 new" }).click();
      await heard(ada, "Hello, Ada");
      await say(ada, "Hello, Grace");
      await heard(grace, "Hello, Grace");
      expect(webSockets.map((one) => new URL(one.url()).pathname).sort()).toEqual([
        ...["/rooms/lobby", "/rooms/tea", "/rooms/tea"],
        ...["/wire", "/wire", "/wire"],
      ]);
      expect(webSockets.some((one) => one.isClosed())).toBe(false);
      expect([...ada.complaints, ...grace.complaints]).toEqual([]);
      expect(relay.connections).toBe(1);
    });

    /** Opens the page in a tab. All tabs have the same browser context, and its connections. */
    async function visit(url: string, name: string): Promise<Guest> {
      const page = await context.newPage();
      await page.addInitScript(() => localStorage.clear()); // the other tab's nickname
      page.on("websocket", (webSocket) => webSockets.push(webSocket));
      return joinIn(page, url, name);
    }
  });
});
