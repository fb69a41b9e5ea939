import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, serve } from "@framewright/node-transport";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startInspector } from "../../../../../examples/inspector/server.ts";
import { isFullDepth } from "../../../../../test-depth.ts";
import { artifact, browserTests, launchBrowser } from "../chromium.ts";
import { ipPacket, pcapng } from "./write-capture.ts";

const axe = createRequire(new URL("../../../../../examples/package.json", import.meta.url)).resolve(
  "axe-core/axe.min.js",
);
const allowedOrigin = "https://docs.example";
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describe.runIf(browserTests)("the inspector page in Chromium", () => {
  let browser: Browser;
  let echo: Awaited<ReturnType<typeof serve>>;
  let inspector: Awaited<ReturnType<typeof startInspector>>;
  beforeAll(async () => {
    browser = await launchBrowser();
    echo = await serve({
      hostname: "127.0.0.1",
      port: 0,
      compression: { threshold: 0 },
      message: (socket, data) => {
        socket.send(data);
      },
    });
    const target = new URL(`ws://127.0.0.1:${echo.port}/`);
    inspector = await startInspector({ port: 0, proxyPort: 0, target, allowedOrigin });
  });
  afterAll(async () => {
    await browser?.close();
    await inspector?.close();
    await echo?.close();
  });

  it("shows what is pasted, and the bytes change with the fields", async () => {
    const { page, complaints } = await open(browser, inspector.url);
    await paste(page, "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX");
    await expectTitle(page, "Text");
    expect(await bits(page)).toBe(`1000000110000101${bitsOf("37fa213d")}`);
    expect(await page.locator("#payload td").allTextContents()).toEqual([
      "7f9f4d5158",
      "48656c6c6f",
      "Hello",
    ]);

    await page.getByLabel("Payload, text").fill("Hi");
    expect(await bytesOf(page)).toBe("818237fa213d7f93");
    await page.getByLabel("Opcode", { exact: true }).selectOption("3");
    await page.getByText("The opcode is reserved.").waitFor();
    expect(await page.getByRole("link", { name: "RFC 6455 § 5.2" }).getAttribute("href")).toBe(
      "https://www.rfc-editor.org/rfc/rfc6455#section-5.2",
    );
    expect(await bytesOf(page)).toBe("838237fa213d7f93");
    await page.getByLabel("Masking-key", { exact: true }).fill("00 00 00 00");
    await page.keyboard.press("Enter");
    expect(await bytesOf(page)).toBe("8382000000004869");
    await page.getByLabel("Form of the payload length").selectOption("16");
    expect(await bytesOf(page)).toBe("83fe0002000000004869");
    await page.getByLabel("Payload length", { exact: true }).fill("9");
    await page.keyboard.press("Enter");
    await page.getByText("7 of 9 payload bytes are missing").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.runIf(isFullDepth)("can be used by the keyboard alone", async () => {
    const { page } = await open(browser, inspector.url);
    await page.getByRole("button", { name: "Fragments and a Ping" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#frames button").count()).toBe(3);
    await page.locator("#frames button").first().focus();
    await page.keyboard.press("ArrowDown");
    await expectTitle(page, "Ping");
    await page.keyboard.press("End");
    await expectTitle(page, "Continuation, last fragment");
    await page.keyboard.press("Home");

    // The first Tab leaves the list: one of its entries and one of the bits is in the tab order.
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("FIN: 0");
    await page.keyboard.press("Space");
    expect(await focused(page)).toBe("FIN: 1");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
    expect(await focused(page)).toBe("RSV1: 0");
    await page.keyboard.press("End");
    expect(await focused(page)).toBe("Payload len bit 6 of 7: 1");
    expect(await bytesOf(page)).toBe("810348656c890548656c6c6f80026c6f");
    expect(await page.locator("#announcer").textContent()).toMatch(/^Text, frame 1 of 3 · /);
    await page.context().close();
  });

  it.runIf(isFullDepth)(
    "shares by a link, and takes no markup from one or from bytes",
    async () => {
      const { page, complaints } = await open(browser, inspector.url);
      const markup = "<img src=x onerror=alert(1)>";
      await paste(page, Buffer.from(`\x81\x1c${markup}`, "latin1").toString("base64"));
      await page.getByRole("button", { name: "Copy link" }).click();
      await expect.poll(() => page.url()).toMatch(/#v1\.[\w-]+$/);
      const other = await open(browser, page.url());
      await expectTitle(other.page, "Text");
      expect(await bytesOf(other.page)).toBe(`811c${Buffer.from(markup).toString("hex")}`);
      expect(await other.page.locator("#message pre").textContent()).toBe(markup);
      expect(await other.page.locator("img").count()).toBe(1);
      await other.page.goto(`${inspector.url}/#v1.<script>alert(1)</script>`);
      await other.page.reload();
      await expectTitle(other.page, "Text");
      expect([...complaints, ...other.complaints]).toEqual([]);
      for (const { context } of [page, other.page].map((one) => ({ context: one.context() })))
        await context.close();
    },
  );

  it.runIf(isFullDepth)("opens a capture that is dropped on it", async () => {
    const { page, complaints } = await open(browser, inspector.url);
    const packets = [
      ipPacket("client", 100, bytesFrom("8185 37fa213d 7f9f4d5158")),
      ipPacket("server", 500, bytesFrom("c107 f248cdc9c90700")),
      ipPacket("server", 509, bytesFrom("c105 f200110000 8802 03e8")),
    ];
    const content = [...pcapng([packets[0], packets[1], packets[0], packets[2]])];
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(${JSON.stringify(content)})], "chat.pcapng"));
      return transfer;
    })()`);
    await page.dispatchEvent("body", "drop", { dataTransfer: data });
    await page.getByText("1 connection in chat.pcapng").waitFor();
    expect(await previews(page)).toEqual(["Hello", "Hello", "Hello", "1000"]);
    expect(await page.locator("#connection option").allTextContents()).toEqual([
      "10.0.0.1:40000 → 10.0.0.2:80",
    ]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.runIf(isFullDepth)("shows a connection live, as it passes through the proxy", async () => {
    const { page, complaints } = await open(browser, inspector.url);
    await page.getByRole("button", { name: "Connect live" }).click();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText("Live: waiting for a connection through the proxy").waitFor();
    const socket = await connect(`ws://127.0.0.1:${inspector.proxyPort}/`, {
      compression: { threshold: 0 },
      message: (from) => from.close(1000, "enough"),
    });
    socket.send("Hello, live");
    await expect
      .poll(() => previews(page))
      .toEqual(["Hello, live", "Hello, live", "1000 enough", "1000 enough"]);
    const notes = await page.locator("#notes li").allTextContents();
    expect(notes.map((note) => note.replace(/ \d+ bytes/, ""))).toEqual([
      "GET / HTTP/1.1",
      "HTTP/1.1 101 Switching Protocols, permessage-deflate",
    ]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("refuses its feed to other origins", async () => {
    const url = `${inspector.url.replace("http", "ws")}/live`;
    const { host } = new URL(url);
    const foreign = [
      { Origin: "http://evil.example" },
      { Origin: `https://${host}` },
      { Origin: "null" },
    ];
    for (const headers of foreign)
      await expect(connect(url, { headers })).rejects.toMatchObject({ status: 403 });
    const allowed = await connect(url, { headers: { Origin: allowedOrigin } });
    allowed.close();
  });

  const looks = [
    ["light", {}, "Masked text", 0],
    ["dark", {}, "Many faults", 0],
    ["light", phone, "Compressed", 1],
    ["dark", phone, "Bad UTF-8", 0],
  ] as const;
  it.each(isFullDepth ? looks : looks.slice(2, 3))(
    "is accessible and fits the screen: %s %j %s",
    async (colorScheme, options, sample, frame) => {
      const { page, complaints } = await open(browser, inspector.url, { colorScheme, ...options });
      await page.getByRole("button", { name: sample, exact: true }).click();
      await page.locator("#frames button").nth(frame).click();
      const width = "viewport" in options ? "phone" : "wide";
      await page.screenshot({ path: artifact(`inspector-${width}-${colorScheme}.png`) });
      await page.evaluate(readFileSync(axe, "utf8"));
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const result = await axe.run();
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
      });
      expect(violations).toEqual([]);
      const [content, shown] = await page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, innerWidth]",
      );
      expect(content).toBeLessThanOrEqual(shown);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});

async function open(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

async function paste(page: Page, text: string): Promise<void> {
  await page.getByLabel("Bytes to inspect").fill(text);
}

async function expectTitle(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { name: title, exact: true }).waitFor();
}

/** The bits of the header, as they are drawn. */
async function bits(page: Page): Promise<string> {
  return (await page.locator(".figure .bit").allTextContents()).join("");
}

/** The bytes in the text field, without spaces. */
async function bytesOf(page: Page): Promise<string> {
  return (await page.getByLabel("Bytes to inspect").inputValue()).replace(/\s/g, "");
}

function previews(page: Page): Promise<string[]> {
  return page.locator("#frames .preview").allTextContents();
}

function focused(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.ariaLabel");
}

function bytesFrom(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));
}

function bitsOf(digits: string): string {
  return Array.from(bytesFrom(digits), (byte) => byte.toString(2).padStart(8, "0")).join("");
}
