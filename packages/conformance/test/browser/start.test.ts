import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { rows } from "../../../../test-depth.ts";
import { Guest } from "./guest.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const direct = [`${root}node_modules/.bin/node`, `${root}examples/chat/start.ts`];
/** Leaves out the build. Because of `exec` in the script no shell keeps the signal from node. */
const byNpm = ["npm", "run", "--silent", "--ignore-scripts", "start", "--"];
const runtimes = ["Node", "Deno", "Bun"];

/** `start.ts` in its own process group, as in a terminal. */
class Start {
  readonly process: ChildProcess;
  readonly errors: string[] = [];
  readonly exit: Promise<[code: number | null, signal: string | null]>;
  private readonly urls = new Map<string, string>();

  constructor(ports: string, [program, ...args] = direct) {
    this.process = spawn(program, [...args, "--ports", ports], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.exit = once(this.process, "close") as Promise<[number | null, string | null]>;
    createInterface(this.process.stderr as NodeJS.ReadableStream).on("line", (line) => {
      this.errors.push(line);
    });
  }

  /** Returns the URLs by runtime once they are printed. */
  async ready(): Promise<ReadonlyMap<string, string>> {
    for await (const line of createInterface(this.process.stdout as NodeJS.ReadableStream)) {
      const [, name, url] = /^\s+(Node|Deno|Bun)\s+(http:\S+)$/.exec(line) ?? [];
      if (name !== undefined && url !== undefined) this.urls.set(name, url);
      if (this.urls.size === runtimes.length) return this.urls;
    }
    throw new Error(`it did not start:\n${this.errors.join("\n")}`);
  }
}

describe("npm start", () => {
  let start: Start;

  afterEach(async () => {
    if (start.process.exitCode === null) start.process.kill("SIGKILL");
    await start.exit;
  });

  /** Starts all three servers and connects a guest to each room. */
  async function startWithGuests(command = direct) {
    start = new Start("0,0,0", command);
    const urls = await start.ready();
    expect([...urls.keys()]).toEqual(runtimes);
    const guests: Guest[] = [];
    for (const [name, url] of urls) {
      expect(await (await fetch(url)).text()).toContain("Framewright room");
      const guest = await Guest.open(url, { name: "Ada" });
      expect((await guest.next("welcome")).runtime.name).toBe(name);
      guests.push(guest);
    }
    return { urls: [...urls.values()], guests };
  }

  async function expectNobodyListens(urls: readonly string[]) {
    for (const url of urls) await expect(fetch(url)).rejects.toThrow("fetch failed");
  }

  it.each(["SIGINT", "SIGTERM"] as const)("closes all three on %s", async (signal) => {
    const { urls, guests } = await startWithGuests();
    const ends = guests.map((guest) => guest.end());
    start.process.kill(signal);
    for (const end of ends) expect((await end).statusCode).toBe(1001);
    expect(await start.exit).toEqual([0, null]);
    expect(start.errors).toEqual([]);
    await expectNobodyListens(urls);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("closes all three if npm gets %s", async (signal) => {
    const { urls, guests } = await startWithGuests(byNpm);
    const ends = guests.map((guest) => guest.end());
    start.process.kill(signal);
    for (const end of ends) expect((await end).statusCode).toBe(1001);
    await start.exit; // its output ends with the last process that holds it
    await expectNobodyListens(urls);
  });

  it("closes all three on Ctrl-C, which also reaches the servers", async () => {
    const { urls, guests } = await startWithGuests();
    const ends = guests.map((guest) => guest.end());
    process.kill(-(start.process.pid as number), "SIGINT");
    for (const end of ends) expect((await end).statusCode).toBe(1001);
    expect(await start.exit).toEqual([0, null]);
    expect(start.errors).toEqual([]);
    await expectNobodyListens(urls);
  });

  it("leaves no server behind when it is killed", async () => {
    const { urls, guests } = await startWithGuests();
    const ends = guests.map((guest) => guest.end());
    start.process.kill("SIGKILL");
    for (const end of ends) expect((await end).statusCode).toBe(1001);
    await start.exit; // its output ends with the last process that holds it
    await expectNobodyListens(urls);
  });

  it.each(rows(runtimes, 3))(
    "reports that the port for %s is in use, and stops the others",
    async (name) => {
      const occupant = createServer();
      occupant.listen(0, "127.0.0.1");
      await once(occupant, "listening");
      const { port } = occupant.address() as { port: number };
      try {
        start = new Start(runtimes.map((runtime) => (runtime === name ? port : 0)).join());
        expect(await start.exit).toEqual([1, null]);
        expect(start.errors).toEqual([
          expect.stringContaining(`${name} did not start: cannot listen on 127.0.0.1 port ${port}`),
        ]);
      } finally {
        occupant.close();
      }
    },
  );

  it("does not start with too few ports", async () => {
    start = new Start("0,0");
    expect(await start.exit).toEqual([1, null]);
    expect(start.errors.join()).toContain("three numbers");
  });
});
