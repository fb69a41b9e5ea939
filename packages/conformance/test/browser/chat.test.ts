import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RuntimeName, ServerProcess } from "../../../../examples/chat/server-process.ts";
import { isWholeOn } from "../../../../test-depth.ts";
import { browserTests, type Guest, heard, join, launchBrowser, say } from "./chromium.ts";

const host = "127.0.0.1";
const runtimes: readonly RuntimeName[] = ["Node", "Deno", "Bun"];
const versions: Readonly<Record<RuntimeName, RegExp>> = {
  Node: /^Answered by Node 24\.\d+\.\d+$/,
  Deno: /^Answered by Deno 2\.\d+\.\d+$/,
  Bun: /^Answered by Bun 1\.\d+\.\d+$/,
};
/** Chromium prints this itself if a server is not reachable. A page cannot prevent it. */
const refused = /^WebSocket connection to '.*' failed/;

describe.runIf(browserTests)("the chat page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  describe.each(runtimes.filter(isWholeOn))("served by %s", (runtime) => {
    let server: ServerProcess;
    let url: string;
    let ada: Guest;
    let grace: Guest;

    // One room for all cases of a runtime: each leaves the same two people in it.
    beforeAll(async () => {
      server = new ServerProcess(runtime, host, 0);
      url = await server.ready;
      ada = await join(browser, url, "Ada");
      grace = await join(browser, url, "Grace", { colorScheme: "dark" });
    });
    afterAll(async () => {
      await Promise.all([ada, grace].map((guest) => guest?.page.context().close()));
      await server?.stop();
    });

    it("lets two people talk and shows the server's runtime", async () => {
      await say(ada, "Hello, Grace");
      await heard(grace, "Hello, Grace");
      await say(grace, "Hello, Ada <b>&amp;</b> ✓");
      await heard(ada, "Hello, Ada <b>&amp;</b> ✓");

      for (const { page } of [ada, grace]) {
        await expect.poll(() => names(page.locator("#people"))).toEqual(["Ada", "Grace"]);
        expect(await page.locator("#runtime").textContent()).toMatch(versions[runtime]);
        expect(await page.locator("#people-count").textContent()).toBe("2");
      }
      expect(await ada.page.locator(".message.own .text").allTextContents()).toEqual([
        "Hello, Grace",
      ]);
      expect(await ada.page.locator(".messages b").count()).toBe(0);
      expect([...ada.complaints, ...grace.complaints]).toEqual([]);
    });

    it("shows earlier messages to newcomers, and who leaves", async () => {
      await say(ada, "before Alan came");
      const alan = await join(browser, url, "Alan");
      await heard(alan, "before Alan came");
      await expect.poll(() => notes(ada)).toContain("Alan joined");
      await alan.page.context().close();
      await expect.poll(() => notes(ada)).toContain("Alan left");
      await expect.poll(() => names(ada.page.locator("#people"))).toEqual(["Ada", "Grace"]);
      expect(alan.complaints).toEqual([]);
    });

    it("changes and remembers a nickname", async () => {
      await ada.page.getByRole("button", { name: "Ada, change nickname" }).click();
      await ada.page.getByRole("textbox", { name: "Nickname" }).fill("  Countess Ada ");
      await ada.page.getByRole("button", { name: "Change", exact: true }).click();
      await expect.poll(() => notes(grace)).toContain("Ada is now Countess Ada");
      await expect
        .poll(() => names(grace.page.locator("#people")))
        .toEqual(["Countess Ada", "Grace"]);

      await ada.page.reload();
      await ada.page.getByRole("button", { name: "Countess Ada, change nickname" }).click();
      await ada.page.getByRole("textbox", { name: "Nickname" }).fill("Ada");
      await ada.page.getByRole("button", { name: "Change", exact: true }).click();
      await expect.poll(() => notes(grace)).toContain("Countess Ada is now Ada");
      expect([...ada.complaints, ...grace.complaints]).toEqual([]);
    });

    it("keeps its position while the user reads earlier messages", async () => {
      for (let i = 1; i <= 25; i++) await say(ada, `line ${i}`);
      const messages = grace.page.getByRole("log");
      await heard(grace, "line 25");
      await messages.hover();
      await grace.page.mouse.wheel(0, -400);
      await expect.poll(() => distanceToEnd(messages)).toBeGreaterThan(200);
      const place = await messages.evaluate((element) => element.scrollTop);

      await say(ada, "news");
      const newer = grace.page.getByRole("button", { name: "1 new message ↓" });
      await newer.waitFor();
      expect(await messages.evaluate((element) => element.scrollTop)).toBe(place);
      await newer.click();
      await expect.poll(() => distanceToEnd(messages)).toBeLessThan(2);
      await newer.waitFor({ state: "hidden" });
    });

    it("reconnects automatically when the server is back", async () => {
      await say(ada, "before the restart");
      const port = Number(new URL(url).port);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      await ada.page.getByText(/Disconnected: the server is going away \(1001\)/).waitFor();
      expect(await ada.page.locator("#status").textContent()).toBe("Reconnecting");
      expect(await ada.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
      const goodbye = ada.page.locator('.frame[data-opcode="close"][data-direction="received"]');
      expect(await goodbye.locator(".preview").textContent()).toBe("1001");

      server = new ServerProcess(runtime, host, port);
      await server.ready;
      for (const guest of [ada, grace]) {
        await guest.page.getByText("Connected", { exact: true }).waitFor();
        await expect
          .poll(async () => (await names(guest.page.locator("#people"))).sort())
          .toEqual(["Ada", "Grace"]);
        expect(await notes(guest)).toContain("Reconnected");
      }
      await say(ada, "after the restart");
      await heard(grace, "after the restart");
      await heard(grace, "before the restart");
      const complaints = [...ada.complaints, ...grace.complaints];
      expect(complaints.filter((text) => !refused.test(text))).toEqual([]);
    });
  });
});

/** Returns the names in a list of people. */
function names(people: Locator): Promise<string[]> {
  return people.locator("bdi").allTextContents();
}

/** Returns the notes between the messages, without their times. */
async function notes({ page }: Guest): Promise<string[]> {
  const texts = await page.locator(".note").allTextContents();
  return texts.map((text) => text.replace(/ \d\d:\d\d$/, ""));
}

function distanceToEnd(messages: Locator): Promise<number> {
  return messages.evaluate(
    ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight,
  );
}
