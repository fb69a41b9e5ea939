import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { isWholeOn } from "../../../../test-depth.ts";
import { upgradeRequest } from "../../../websocket/test/memory-transport.ts";
import { Visitor } from "../../src/proxies/visitor.ts";
import { type Runtime, runtimes, startServerFromSource } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";
import { refusedUpgrade } from "../../src/upgrade-response.ts";

/** A running example. Its visitors are gone after the test. */
class Site {
  readonly process: SubjectProcess;
  readonly port: number;
  private readonly visitors: Visitor[] = [];

  constructor(process: SubjectProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  fetch(path: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { redirect: "manual", ...options });
  }

  /** Posts a form and returns the cookies of the response. */
  async logIn(name: string): Promise<string> {
    const body = new URLSearchParams({ name });
    return cookiesOf(await this.fetch("/login", { method: "POST", body }));
  }

  async open(path: string, cookie = "", protocols: readonly string[] = []): Promise<Visitor> {
    const headers = cookie === "" ? {} : { cookie };
    const url = `ws://127.0.0.1:${this.port}${path}`;
    const visitor = await Visitor.open(url, { headers }, protocols);
    this.visitors.push(visitor);
    return visitor;
  }

  refused(path: string, headers: Record<string, string> = {}) {
    return refusedUpgrade(this.port, path, headers);
  }

  /** Opening handshakes of clients that are gone at different moments. */
  async abandon(path: string): Promise<void> {
    for (let index = 0; index < 20; index++) {
      const socket = connect(this.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(upgradeRequest(path));
      await once(socket, "connect");
      await delay(index % 5);
      socket.resetAndDestroy();
    }
  }

  /** SIGTERM: clients get Close frames with 1001, and the process ends by itself. */
  async end(...visitors: readonly Visitor[]): Promise<void> {
    process.kill(this.process.pid, "SIGTERM");
    for (const { left } of visitors) expect(await left).toMatchObject({ code: 1001 });
    expect(await this.process.exited).toBe(0);
    // Bun warns that one of Koa's packages calls an old function.
    expect(this.process.standardError.replace(/^.*DEP0115.*\n.*trace-warnings.*\n/, "")).toBe("");
  }

  async stop(): Promise<void> {
    for (const visitor of this.visitors) visitor.terminate();
    await this.process.stop("SIGKILL");
  }
}

function cookiesOf(response: Response): string {
  const cookies = response.headers.getSetCookie();
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.stop();
});

async function start(runtime: Runtime, name: string): Promise<Site> {
  const script = `examples/frameworks/${name}.ts`;
  const { process, port } = await startServerFromSource(runtime, script, ["0"]);
  const site = new Site(process, port);
  sites.push(site);
  return site;
}

const crossSite = { origin: "https://example.com" };

describe.each(runtimes.filter(({ name }) => isWholeOn(name)))(
  "the examples of frameworks on $name",
  (runtime) => {
    test("Express: the session's user has a WebSocket", async () => {
      const site = await start(runtime, "express");
      expect(await (await site.fetch("/")).text()).toBe("hello stranger");
      expect(await site.refused("/ws")).toEqual({ status: 401, body: "log in first\n" });
      expect(await site.refused("/nowhere")).toEqual({
        status: 404,
        body: "nothing is at this path (WS_ERR_NO_ROUTE)\n",
      });
      await site.abandon("/ws");
      const cookie = await site.logIn("Ann");
      expect(await (await site.fetch("/", { headers: { cookie } })).text()).toBe("hello Ann");
      expect(await site.refused("/ws", { cookie, ...crossSite })).toMatchObject({ status: 403 });
      const visitor = await site.open("/ws", cookie);
      expect(await visitor.echoOf("hi")).toBe("Ann: hi");
      await site.end(visitor);
    });

    test("Fastify: hooks run for opening handshakes and may answer", async () => {
      const site = await start(runtime, "fastify");
      const page = await site.fetch("/?name=Ann");
      expect(await page.text()).toBe("hello Ann");
      const cookie = cookiesOf(page);
      const refusal = { status: 401, body: '{"error":"who are you?"}' };
      expect(await site.refused("/ws")).toEqual(refusal);
      expect(await site.refused("/ws", { cookie: `${cookie}x` })).toEqual(refusal);
      expect(await site.refused("/ws", { cookie, ...crossSite })).toMatchObject({ status: 403 });
      expect(await site.refused("/nowhere")).toMatchObject({ status: 404 });
      expect(await site.refused("/")).toEqual({ status: 200, body: "hello stranger" });
      expect((await site.fetch("/ws", { headers: { cookie } })).status).toBe(426);
      await site.abandon("/ws");
      const visitor = await site.open("/ws", cookie);
      expect(await visitor.next()).toBe("hello Ann");
      expect(await visitor.echoOf("hi")).toBe("hi");
      await site.end(visitor);
    });

    test("Hono: a token in a cookie names the user", async () => {
      const site = await start(runtime, "hono");
      expect(await (await site.fetch("/")).text()).toBe("hello");
      const refusal = { status: 401, body: "log in first\n" };
      expect(await site.refused("/ws")).toEqual(refusal);
      expect(await site.refused("/nowhere")).toMatchObject({ status: 404 });
      const cookie = await site.logIn("Ann");
      expect(await site.refused("/ws", { cookie: `${cookie}x` })).toEqual(refusal);
      const visitor = await site.open("/ws", cookie);
      expect(await visitor.echoOf("hi")).toBe("Ann: hi");
      await site.end(visitor);
    });

    test("Koa: a signed cookie names the user, and a room is a route", async () => {
      const site = await start(runtime, "koa");
      const [ann, bob] = await Promise.all(
        ["Ann", "Bob"].map((name) => site.fetch(`/?name=${name}`)),
      );
      expect(await ann.text()).toBe("hello Ann");
      const cookie = cookiesOf(ann);
      const refusal = { status: 401, body: "who are you?\n" };
      expect(await site.refused("/rooms/one")).toEqual(refusal);
      const forged = cookie.replace("Ann", "Eve");
      expect(await site.refused("/rooms/one", { cookie: forged })).toEqual(refusal);
      expect(await site.refused("/rooms")).toMatchObject({ status: 404 });
      const first = await site.open("/rooms/one", cookie);
      const second = await site.open("/rooms/one", cookiesOf(bob));
      const elsewhere = await site.open("/rooms/two", cookie);
      first.send("hi");
      expect([await first.next(), await second.next()]).toEqual(["Ann: hi", "Ann: hi"]);
      expect(await elsewhere.echoOf("alone")).toBe("Ann: alone");
      await site.end(first, second, elsewhere);
    });

    test("Vite: its own WebSocket and ours are on one port", async () => {
      const site = await start(runtime, "vite");
      expect(await (await site.fetch("/")).text()).toContain("/@vite/client");
      const client = await (await site.fetch("/@vite/client")).text();
      const [, token] = /wsToken = "(.+?)"/.exec(client) ?? [];
      const ours = await site.open("/ws");
      const theirs = await site.open(`/?token=${token}`, "", ["vite-hmr"]);
      expect(await theirs.next()).toBe('{"type":"connected"}');
      expect(await ours.echoOf("hi")).toBe("hi");
      expect(await site.refused("/ws", crossSite)).toMatchObject({ status: 403 });
      expect(await site.refused("/nowhere")).toMatchObject({ status: 200 }); // Vite's page
      await site.end(ours);
      expect(await theirs.left).toMatchObject({ code: 1006 });
    });
  },
);
