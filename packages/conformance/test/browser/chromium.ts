import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";
const required = Boolean(process.env.CI) || process.env.FRAMEWRIGHT_REQUIRE_BROWSER === "1";

/** Whether to run tests with a browser. If one is required and missing, they run and fail. */
export const browserTests = existsSync(executablePath) || required;
if (!browserTests) {
  console.warn(
    `SKIPPED: ${executablePath} is missing, so nothing was tested with a browser. ` +
      "FRAMEWRIGHT_REQUIRE_BROWSER=1 makes this a failure.",
  );
}

/** @param flags - Further arguments of the browser. */
export function launchBrowser(...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
  });
}

/** One person with a separate browser window. */
export interface Guest {
  readonly page: Page;
  /** Errors and warnings on the console, and exceptions. */
  readonly complaints: string[];
}

/** Opens the chat page and joins under a nickname. */
export async function join(
  browser: Browser,
  url: string,
  nickname: string,
  options: BrowserContextOptions = {},
): Promise<Guest> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    ...options,
  });
  return joinIn(await context.newPage(), url, nickname);
}

/** Opens the chat page in a tab and joins under a nickname. */
export async function joinIn(page: Page, url: string, nickname: string): Promise<Guest> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByRole("textbox", { name: "Nickname" }).fill(nickname);
  await page.getByRole("button", { name: "Join the room" }).click();
  await page.getByText("Connected", { exact: true }).waitFor();
  return { page, complaints };
}

/** Types a message, sends it with Enter and waits until it appears in the conversation. */
export async function say({ page }: Guest, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
  await heard({ page }, text);
}

/** Waits until a message with exactly this text appears in the conversation. */
export async function heard({ page }: Pick<Guest, "page">, text: string): Promise<void> {
  await page.getByRole("log").getByText(text, { exact: true }).waitFor();
}

/** Returns the path for a screenshot. */
export function artifact(name: string): string {
  const folder = new URL("../../../../.artifacts/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  return fileURLToPath(new URL(name, folder));
}
