import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import type { CheckResult } from "./check-files.ts";

/** Pages that have between them all that the theme draws. */
const paths = [
  "/",
  "/errors",
  "/performance",
  "/http-servers",
  "/rfc6455",
  "/reference/framewright/functions/serve",
];
const schemes = ["light", "dark"] as const;
const phone = { width: 390, height: 844 };

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** Serves the built site, with addresses that lack ".html". */
async function serveSite(dist: string) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname);
    const file = path.endsWith("/")
      ? `${path}index.html`
      : extname(path) === ""
        ? `${path}.html`
        : path;
    try {
      const body = readFileSync(dist + file);
      response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/**
 * Looks at pages in Chromium, on a phone and in both colour schemes: width, accessibility with its
 * contrasts, errors of scripts, and requests to other hosts. Searches once.
 */
export async function checkPages(dist: string): Promise<CheckResult[]> {
  const { server, url } = await serveSite(dist);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  try {
    const results: CheckResult[] = [];
    for (const scheme of schemes) results.push(...(await checkScheme(browser, url, scheme)));
    return results;
  } finally {
    await browser.close();
    server.close();
  }
}

async function checkScheme(
  browser: Browser,
  url: string,
  scheme: (typeof schemes)[number],
): Promise<CheckResult[]> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: phone });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("requestfailed", (request) => faults.push(`${request.url()} failed`));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
      faults.push(`asks ${request.url()}`);
  });
  const results: CheckResult[] = [];
  for (const path of paths) {
    await page.goto(url + path, { waitUntil: "networkidle" });
    const seen = [
      ...faults.splice(0),
      ...(await tooWide(page)),
      ...(await accessibilityFaults(page)),
    ];
    results.push({ name: `${path} in ${scheme}`, faults: seen });
  }
  if (scheme === "light")
    results.push({ name: "the search finds an error", faults: await search(page) });
  await context.close();
  return results;
}

async function tooWide(page: Page): Promise<string[]> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width <= phone.width ? [] : [`${width} pixels wide`];
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** VitePress draws a group that can be folded as a button within a button. */
const themeFaults = { "nested-interactive": { enabled: false } };

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly {
      readonly target: readonly string[];
      readonly failureSummary: string;
    }[];
  }[];
}

/** Serious faults that axe finds. */
async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  const { violations } = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResult> } };
    return await axe.run({ rules });
  }, themeFaults);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 4)
        .map(
          ({ target, failureSummary }) =>
            `${id} ${target.join(" ")}: ${failureSummary.replaceAll(/\s+/g, " ").slice(0, 220)}`,
        ),
    );
}

async function search(page: Page): Promise<string[]> {
  await page.keyboard.press("Control+k");
  await page.fill("#localsearch-input", "WS_ERR_INVALID_UTF8");
  const first = page.locator("#localsearch-list a").first();
  await first.waitFor({ timeout: 30_000 });
  const href = await first.getAttribute("href");
  return href?.includes("/errors") ? [] : [`the first result is ${href}`];
}
