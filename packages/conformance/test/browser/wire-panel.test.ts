import { applyMask } from "@framewright/codec/frame";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RuntimeName, ServerProcess } from "../../../../examples/chat/server-process.ts";
import { isWholeOn } from "../../../../test-depth.ts";
import { artifact, browserTests, type Guest, heard, join, launchBrowser, say } from "./chromium.ts";

const runtimes: readonly RuntimeName[] = ["Node", "Deno", "Bun"];

describe.runIf(browserTests)("the wire panel in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  describe.each(runtimes.filter(isWholeOn))("served by %s", (runtime) => {
    let server: ServerProcess;
    let url: string;
    let ada: Guest;

    beforeAll(async () => {
      server = new ServerProcess(runtime, "127.0.0.1", 0);
      url = await server.ready;
      ada = await join(browser, url, "Ada");
    });
    afterAll(async () => {
      await ada?.page.context().close();
      await server?.stop();
    });

    it("takes screenshots", async () => {
      const grace = await join(browser, url, "Grace", { colorScheme: "dark" });
      const phone = { width: 390, height: 844 };
      const alan = await join(browser, url, "Alan", { viewport: phone });
      await say(ada, `Hello from a tab. Which runtime is it that answers? ${runtime}!`);
      await say(grace, "The same room runs on all three: one codec, three thin transports.");
      await say(alan, "And the panel “On the wire”?");
      await say(
        ada,
        "That is the codec again, in the browser: it cuts the raw bytes of this very connection " +
          "into frames. This message is longer than 125 bytes, so its length takes 16 more bits.",
      );
      await selectFrame(ada.page, "sent", "text", "That is the codec");
      await say(grace, "<b>Text</b> stays text ✓");
      await Promise.all([ada, alan].map((guest) => heard(guest, "<b>Text</b> stays text ✓")));

      const name = (view: string) => artifact(`chat-${runtime.toLowerCase()}-${view}.png`);
      await ada.page.screenshot({ path: name("light") });
      await grace.page.screenshot({ path: name("dark") });
      await alan.page.screenshot({ path: name("narrow") });
      await alan.page.getByRole("button", { name: "On the wire" }).click();
      await alan.page.getByRole("heading", { name: "On the wire" }).waitFor();
      await alan.page.screenshot({ path: name("narrow-wire") });

      for (const { page, complaints } of [ada, grace, alan]) {
        const sideways = await page.evaluate<number>(
          "document.documentElement.scrollWidth - innerWidth",
        );
        expect(sideways).toBe(0);
        expect(complaints).toEqual([]);
        if (page !== ada.page) await page.context().close();
      }
    });

    it("decodes a masked text frame with a 7-bit length", async () => {
      await say(ada, "hi");
      const text = '{"type":"say","text":"hi"}';
      await selectFrame(ada.page, "sent", "text", text);
      const { fields, dump, bits } = await shownFrame(ada.page);
      expect(fields).toMatchObject({ fin: "1", rsv: "000", opcode: "0x1", mask: "1" });
      expect(fields).toMatchObject({ length: String(text.length) });
      expect(fields.key).toMatch(/^[0-9a-f]{2}( [0-9a-f]{2}){3}$/);
      expect(fields).not.toHaveProperty("extended");
      expect(dump["payload-text"]).toBe(text);
      expect(dump["header-bytes"]).toBe(`81 9a ${fields.key}`);
      expect(unmask(dump["masked-bytes"], fields.key)).toBe(text);
      expect(bits.slice(0, 48)).toBe(bitsOf(dump["header-bytes"]));
      expect(ada.complaints).toEqual([]);
    });

    it("decodes an unmasked text frame of the server", async () => {
      await say(ada, "hello");
      await selectFrame(ada.page, "received", "text", '"text":"hello"');
      const { fields, dump } = await shownFrame(ada.page);
      expect(fields).toMatchObject({ fin: "1", rsv: "000", opcode: "0x1", mask: "0" });
      expect(fields).not.toHaveProperty("key");
      expect(dump).not.toHaveProperty("masked-bytes");
      expect(JSON.parse(dump["payload-text"])).toMatchObject({ type: "said", text: "hello" });
    });

    it("decodes the 16-bit form of the length", async () => {
      const long = "long ".repeat(60).trim();
      await say(ada, long);
      const length = JSON.stringify({ type: "say", text: long }).length;
      await selectFrame(ada.page, "sent", "text", '"text":"long');
      const { fields, dump, bits } = await shownFrame(ada.page);
      expect(fields).toMatchObject({ length: "126", extended: String(length), mask: "1" });
      const lengthBytes = length
        .toString(16)
        .padStart(4, "0")
        .replace(/(..)(..)/, "$1 $2");
      expect(dump["header-bytes"]).toBe(`81 fe ${lengthBytes} ${fields.key}`);
      expect(bits).toBe(bitsOf(dump["header-bytes"]));
    });

    it("shows control frames, and bounds its list", async () => {
      await selectFrame(ada.page, "received", "ping", "");
      expect((await shownFrame(ada.page)).fields).toMatchObject({ opcode: "0x9", mask: "0" });
      await selectFrame(ada.page, "sent", "pong", "");
      expect((await shownFrame(ada.page)).fields).toMatchObject({ opcode: "0xa", mask: "1" });

      // Who looks at a frame goes on looking at it, even when it has left the list.
      for (let i = 1; i <= 25; i++) await say(ada, `line ${i}`);
      await selectFrame(ada.page, "received", "text", '"text":"line 25"');
      expect(await ada.page.locator("#frames > li").count()).toBe(40);
      await ada.page.getByRole("checkbox", { name: "Follow the latest" }).check();
      await say(ada, "the latest");
      await ada.page.locator("#frame").getByText('"text":"the latest"').waitFor();
      expect(await ada.page.locator('.frame[aria-pressed="true"]').count()).toBe(1);
    });
  });
});

/**
 * Waits for a frame of a kind whose payload contains a text, and clicks the latest one. The panel
 * may show a frame later than the conversation shows its message, so the text must name the frame.
 */
async function selectFrame(page: Page, direction: string, opcode: string, text: string) {
  const frames = page.locator(`.frame[data-direction="${direction}"][data-opcode="${opcode}"]`);
  await frames.filter({ hasText: text }).first().click();
}

interface ShownFrame {
  /** Field values by field name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Bytes in hexadecimal, and the payload's text. */
  readonly dump: Readonly<Record<string, string>>;
  /** The bits in the drawing. */
  readonly bits: string;
}

async function shownFrame(page: Page): Promise<ShownFrame> {
  const [fields, dump, bits] = await Promise.all([
    valuesByField(page, ".fields"),
    valuesByField(page, ".dump"),
    page.locator("#frame .bit").allTextContents(),
  ]);
  return { fields, dump, bits: bits.join("") };
}

async function valuesByField(page: Page, list: string): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const row of await page.locator(`#frame ${list} > div`).all()) {
    const field = await row.getAttribute("data-field");
    values[field ?? ""] = (await row.locator("code").textContent()) ?? "";
  }
  return values;
}

function unmask(maskedHex: string, keyHex: string): string {
  const bytes = Uint8Array.from(Buffer.from(maskedHex.replaceAll(" ", ""), "hex"));
  applyMask(
    bytes,
    0,
    bytes.length,
    Buffer.from(keyHex.replaceAll(" ", ""), "hex").readInt32BE(),
    0,
  );
  return Buffer.from(bytes).toString();
}

function bitsOf(hex: string): string {
  const octets = hex.split(" ").map((octet) => Number.parseInt(octet, 16));
  return octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
}
