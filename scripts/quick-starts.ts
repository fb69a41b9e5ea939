/**
 * Runs the programs of the guide as a newcomer would: from the archives alone, in an empty folder. The
 * programs are the blocks of code of docs/ that have a file name. Only their ports are others.
 * `node scripts/quick-starts.ts [--docs FOLDER]` runs it alone.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packAll } from "./pack.ts";
import { guard, Workshop } from "./workshop.ts";

const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** How the guide starts a program on each runtime. */
const commands: Readonly<Record<"node" | "deno" | "bun", readonly [string, ...string[]]>> = {
  node: [bin("node")],
  deno: [bin("deno"), "run", "--allow-net"],
  bun: [bin("bun")],
};
type Runtime = keyof typeof commands;
const runtimes = Object.keys(commands) as Runtime[];

interface QuickStart {
  readonly name: string;
  run(workshop: Workshop, docs: string): Promise<void>;
}

function expectEqual(actual: string, expected: string): void {
  if (actual !== expected) {
    throw new Error(`printed ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

/** Opens a WebSocket of Node, sends messages and returns the first `count` that arrive. */
async function converse(url: string, send: readonly string[], count: number): Promise<string[]> {
  const socket = new WebSocket(url);
  const received: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => send.forEach((message) => void socket.send(message));
    socket.onerror = () => reject(new Error(`no connection to ${url}`));
    socket.onmessage = ({ data }) => {
      received.push(String(data));
      if (received.length === count) resolve();
    };
  });
  socket.close(1000);
  return received;
}

const serverAndClient = runtimes.map(
  (runtime): QuickStart => ({
    name: `server and client on ${runtime}`,
    async run(workshop, docs) {
      await workshop.write(join(docs, "guide/first-server.md"), "server.ts");
      await workshop.write(join(docs, "guide/first-client.md"), "client.ts");
      const command = commands[runtime];
      await workshop.start(/listening/, ...command, "server.ts");
      const output = await workshop.run(...command, "client.ts");
      expectEqual(output, "hello\nping\n1000 done true\n");
    },
  }),
);

const commonJs = runtimes.map(
  (runtime): QuickStart => ({
    name: `a server in CommonJS on ${runtime}`,
    async run(workshop, docs) {
      await workshop.write(join(docs, "guide/install.md"), "server.cjs");
      await workshop.start(/listening/, ...commands[runtime], "server.cjs");
      const port = await workshop.port("8080");
      const [echo] = await converse(`ws://127.0.0.1:${port}/`, ["hello"], 1);
      expectEqual(echo, "hello");
    },
  }),
);

const besideExpress: QuickStart = {
  name: "beside Express",
  async run(workshop, docs) {
    workshop.install("express");
    await workshop.write(join(docs, "guide/http-frameworks.md"), "express.ts");
    await workshop.start(/open http/, ...commands.node, "express.ts");
    const port = await workshop.port("8080");
    const page = await fetch(`http://127.0.0.1:${port}/`);
    if (!(await page.text()).includes("<title>Echo</title>"))
      throw new Error("the page is missing");
    const [echo] = await converse(`ws://127.0.0.1:${port}/ws`, ["hello"], 1);
    expectEqual(echo, "hello");
  },
};

const behindNginx: QuickStart = {
  name: "behind nginx",
  async run(workshop, docs) {
    const page = join(docs, "guide/proxies-and-balancers.md");
    await workshop.write(page, "server.ts", "nginx.conf", "client.ts");
    await workshop.start(/listening/, ...commands.node, "server.ts");
    const flags = ["-p", workshop.folder, "-c", "nginx.conf"];
    const port = await workshop.port("8000");
    const nginx = workshop.start(/./, "/usr/sbin/nginx", ...flags, "-g", "daemon off;");
    nginx.catch(() => {}); // it prints nothing while all is well
    await untilListening(port);
    const output = await workshop.run(...commands.node, "client.ts");
    expectEqual(output, "through the proxy\n");
  },
};

/** Waits until a port takes connections. */
async function untilListening(port: number): Promise<void> {
  const end = Date.now() + guard;
  while (Date.now() < end) {
    const isThere = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

const movedFromWs: QuickStart = {
  name: "code for ws moved over",
  async run(workshop, docs) {
    workshop.install("ws");
    await workshop.write(join(docs, "coming-from/ws.md"), "before.js", "after.ts");
    const port = await workshop.port("8080");
    const transcripts: string[] = [];
    for (const program of ["before.js", "after.ts"]) {
      await workshop.start(/listening/, ...commands.node, program);
      const url = `ws://127.0.0.1:${port}/chat?room=a&name=`;
      const ada = new WebSocket(`${url}Ada`);
      const heard: string[] = [];
      await new Promise<void>((resolve, reject) => {
        ada.onerror = () => reject(new Error("no connection"));
        ada.onmessage = async ({ data }) => {
          heard.push(String(data));
          if (heard.length === 1) await converse(`${url}Bob`, ["hello"], 1);
          if (heard.length === 2) resolve();
        };
      });
      ada.close();
      const stranger = await fetch(`http://127.0.0.1:${port}/`);
      transcripts.push(JSON.stringify([heard, await stranger.text()]));
      await workshop.close();
    }
    expectEqual(transcripts[0], '[["welcome to a","Bob: hello"],"ok"]');
    expectEqual(transcripts[1], transcripts[0]);
  },
};

const testRunners = {
  vitest: [bin("node"), join(root, "node_modules/vitest/vitest.mjs"), "run"],
  node: [bin("node"), "--test"],
  deno: [bin("deno"), "test"],
  bun: [bin("bun"), "test"],
} as const;
const handlersTested = Object.entries(testRunners).map(
  ([runner, [program, ...args]]): QuickStart => ({
    name: `handlers tested without a port with ${runner}`,
    async run(workshop, docs) {
      workshop.install("vitest");
      const file = `greeter.${runner}.test.ts`;
      await workshop.write(join(docs, "guide/testing.md"), "greeter.ts", file);
      await workshop.run(program, ...args, file);
    },
  }),
);

const codecInBrowser: QuickStart = {
  name: "the codec in a browser",
  async run(workshop, docs) {
    await workshop.write(join(docs, "codec/in-a-browser.md"), "index.html", "main.ts");
    await workshop.run(bin("esbuild"), "main.ts", "--bundle", "--minify", "--outfile=main.js");
    const { chromium } = await import("playwright-core");
    const browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`file://${workshop.folder}/index.html`);
      const text = await page.textContent("pre", { timeout: guard });
      expectEqual(text ?? "", 'FIN 1, opcode 1, 5 bytes: "Hello"\nFIN 1, opcode 9, 0 bytes: ""');
    } finally {
      await browser.close();
    }
  },
};

const all: readonly QuickStart[] = [
  ...[...serverAndClient, ...commonJs, besideExpress, behindNginx, movedFromWs],
  ...[...handlersTested, codecInBrowser],
];

/**
 * Runs all quick starts, two at a time.
 *
 * @param archives - The paths of the packed packages.
 * @returns The name of each, with what went wrong.
 */
export async function quickStarts(
  archives: readonly string[],
  docs: string = join(root, "docs"),
): Promise<{ name: string; fault: unknown }[]> {
  const top = mkdtempSync(join(tmpdir(), "framewright-quick-starts-"));
  try {
    const installed = join(top, "installed");
    mkdirSync(installed);
    writeFileSync(join(installed, "package.json"), '{ "private": true, "type": "module" }\n');
    const flags = ["--offline", "--no-audit", "--no-fund", "--silent"];
    execFileSync("npm", ["install", ...flags, ...archives], { cwd: installed, stdio: "pipe" });
    const results: { name: string; fault: unknown }[] = [];
    const waiting = all.values();
    const work = async () => {
      for (const { name, run } of waiting) {
        const workshop = new Workshop(installed, name);
        const fault = await run(workshop, docs).then(
          () => undefined,
          (error) => error,
        );
        await workshop.close();
        results.push({ name, fault });
      }
    };
    await Promise.all([work(), work()]);
    return results;
  } finally {
    rmSync(top, { recursive: true, force: true, maxRetries: 3 });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { docs: { type: "string" } } });
  const folder = mkdtempSync(join(tmpdir(), "framewright-archives-"));
  for (const { name, fault } of await quickStarts(packAll(folder), values.docs)) {
    console.log(fault === undefined ? `ok: ${name}` : `FAILED: ${name}\n${fault}`);
    if (fault !== undefined) process.exitCode = 1;
  }
  rmSync(folder, { recursive: true });
}
