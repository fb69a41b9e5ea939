import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../../../../examples/chat/server-process.ts";
import { isFullDepth } from "../../../../test-depth.ts";
import { artifact, browserTests, type Guest, heard, join, launchBrowser, say } from "./chromium.ts";

// The test over HTTP/2 is in two rooms at quick depth too.
describe.runIf(browserTests && isFullDepth)("the rooms of the chat page in Chromium", () => {
  let browser: Browser;
  let server: ServerProcess;
  let url: string;
  let ada: Guest;
  let grace: Guest;

  beforeAll(async () => {
    browser = await launchBrowser();
    server = new ServerProcess("Node", "127.0.0.1", 0);
    url = await server.ready;
    ada = await join(browser, url, "Ada");
    const phone = { width: 390, height: 844 };
    grace = await join(browser, `${url}#tea`, "Grace", { colorScheme: "dark", viewport: phone });
  });
  afterAll(async () => {
    await Promise.all([ada, grace].map((guest) => guest?.page.context().close()));
    await browser?.close();
    await server?.stop();
  });

  it("are entered by name, each with its own messages and people", async () => {
    await say(ada, "only in the lobby");
    await enter(ada.page, " Tea ");
    expect(await tabs(ada.page)).toEqual(["lobby", "tea, selected"]);
    await connected(ada.page);
    await say(ada, "Hello from the lobby");
    await heard(grace, "Hello from the lobby");
    for (const { page } of [ada, grace]) {
      await expect.poll(() => people(page)).toEqual(["Grace", "Ada"]);
      expect(await page.getByText("only in the lobby").count()).toBe(page === ada.page ? 1 : 0);
      expect(await page.getByRole("log").getByText("only in the lobby").count()).toBe(0);
    }
    expect(new URL(ada.page.url()).hash).toBe("#lobby,tea");
  });

  it("show in their tabs what was not seen, and keep what was not sent", async () => {
    await ada.page.getByRole("textbox", { name: "Message" }).fill("a draft for tea");
    await ada.page.getByRole("tab", { name: "lobby" }).click();
    expect(await ada.page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("");
    expect(await people(ada.page)).toEqual(["Ada"]);
    await say(grace, "one");
    await say(grace, "two");
    await ada.page.getByRole("tab", { name: "tea 2 new" }).waitFor();
    await screenshots();
    await ada.page.getByRole("tab", { name: "tea 2 new" }).click();
    await heard(ada, "two");
    expect(await tabs(ada.page)).toEqual(["lobby", "tea, selected"]);
    const draft = ada.page.getByRole("textbox", { name: "Message" });
    expect(await draft.inputValue()).toBe("a draft for tea");
    await draft.fill("");
  });

  it("keep their position while another one is selected", async () => {
    for (let i = 1; i <= 25; i++) await say(grace, `line ${i}`);
    await heard(ada, "line 25");
    const log = ada.page.getByRole("log");
    await log.hover();
    await ada.page.mouse.wheel(0, -300);
    const distance = () =>
      log.evaluate(({ scrollHeight, scrollTop, clientHeight }) =>
        Math.round(scrollHeight - scrollTop - clientHeight),
      );
    await expect.poll(distance).toBeGreaterThan(200);
    const before = await log.evaluate((element) => element.scrollTop);
    await ada.page.getByRole("tab", { name: "lobby" }).click();
    await say(grace, "news");
    await ada.page.getByRole("tab", { name: "tea 1 new" }).click();
    expect(await log.evaluate((element) => element.scrollTop)).toBe(before);
    await ada.page.getByRole("button", { name: "1 new message ↓" }).click();
    await expect.poll(distance).toBeLessThan(2);
    await ada.page.getByRole("tab", { name: "lobby" }).click();
    await say(grace, "more news");
    await ada.page.getByRole("tab", { name: "tea 1 new" }).click();
    await expect.poll(distance).toBeLessThan(2);
  });

  it("have tabs for the keyboard, and a panel with the name of the selected tab", async () => {
    const lobby = ada.page.getByRole("tab", { name: "lobby" });
    const tea = ada.page.getByRole("tab", { name: "tea" });
    await tea.focus();
    await ada.page.keyboard.press("ArrowRight");
    expect(await tabs(ada.page)).toEqual(["lobby, selected", "tea"]);
    expect(await ada.page.evaluate("document.activeElement.textContent")).toBe("lobby");
    await ada.page.getByRole("tabpanel", { name: "lobby" }).waitFor();
    await ada.page.keyboard.press("End");
    await ada.page.getByRole("tabpanel", { name: "tea" }).waitFor();
    await ada.page.keyboard.press("ArrowLeft");
    expect(await lobby.getAttribute("tabindex")).toBe("0");
    expect(await tea.getAttribute("tabindex")).toBe("-1");
  });

  it("are left by a button, and follow the address", async () => {
    await ada.page.getByRole("tab", { name: "tea" }).click();
    await ada.page.getByRole("button", { name: "Leave tea" }).click();
    expect(await tabs(ada.page)).toEqual(["lobby, selected"]);
    await expect.poll(() => people(grace.page)).toEqual(["Grace"]);
    expect(await ada.page.getByRole("button", { name: "Leave" }).count()).toBe(0);
    await ada.page.evaluate('location.hash = "#garten,tea,,%2C,LOBBY"');
    await expect.poll(() => tabs(ada.page)).toEqual(["lobby", "garten, selected", "tea"]);
    await ada.page.evaluate('location.hash = "#tea"');
    await expect.poll(() => tabs(ada.page)).toEqual(["tea, selected"]);
    await expect.poll(() => people(grace.page)).toEqual(["Grace", "Ada"]);
    await ada.page.reload();
    await connected(ada.page);
    await heard(ada, "more news");
    expect(await tabs(ada.page)).toEqual(["tea, selected"]);
  });

  it("are at most six, with valid names", async () => {
    await ada.page.getByRole("button", { name: "Room" }).click();
    await ada.page.getByRole("textbox", { name: "Name of the room" }).fill("a/b");
    await ada.page.keyboard.press("Enter");
    await ada.page.getByText("A name must have 1 to 24 letters or digits.").waitFor();
    await ada.page.keyboard.press("Escape");
    for (const name of ["a", "b", "c", "d", "e"]) await enter(ada.page, name);
    expect(await tabs(ada.page)).toHaveLength(6);
    expect(await ada.page.getByRole("button", { name: "Room" }).isDisabled()).toBe(true);
    expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  });

  async function screenshots(): Promise<void> {
    for (const [name, { page }] of [
      ["rooms-wide", ada],
      ["rooms-phone", grace],
    ] as const) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: artifact(`chat-${name}-${colorScheme}.png`) });
      }
      const sideways = "document.documentElement.scrollWidth - innerWidth";
      expect(await page.evaluate(sideways)).toBe(0);
    }
  }
});

async function enter(page: Page, room: string): Promise<void> {
  await page.getByRole("button", { name: "Room" }).click();
  await page.getByRole("textbox", { name: "Name of the room" }).fill(room);
  await page.getByRole("button", { name: "Enter" }).click();
}

async function connected(page: Page): Promise<void> {
  await page.getByText("Connected", { exact: true }).waitFor();
}

/** Returns the names in the list of people. */
function people(page: Page): Promise<string[]> {
  return page.locator("#people bdi").allTextContents();
}

/** Returns the names of the tabs, and which one is selected. */
async function tabs(page: Page): Promise<string[]> {
  const all = await page.getByRole("tab").all();
  return Promise.all(
    all.map(async (tab) => {
      const isSelected = (await tab.getAttribute("aria-selected")) === "true";
      return `${await tab.locator("bdi").textContent()}${isSelected ? ", selected" : ""}`;
    }),
  );
}
