import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import type { AttachedServer, AttachOptions } from "@framewright/websocket";
import { refuse } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { type AttachPackage, RawClient, until } from "./attach-contract.ts";
import { makeAuthority } from "./certificates.ts";
import { maskedFrame, upgradeRequest } from "./memory-transport.ts";

const delay = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const page: http.RequestListener = (_request, response) => response.end("page");
const pageRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const echo = { message: (socket, data) => void socket.send(data) } satisfies AttachOptions;

/** Waits until neither server has a connection. */
async function untilIdle(httpServer: http.Server, server: AttachedServer): Promise<void> {
  await until(() => server.clients.size + server.stats().pendingHandshakes === 0);
  let count = Number.NaN;
  await until(() => {
    httpServer.getConnections((_error, current) => {
      count = current;
    });
    return count === 0;
  });
}

/** Tests what clients and applications may do to a WebSocket server beside an HTTP server. */
export function describeAttachAttacks(name: string, subject: AttachPackage): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function listening(httpServer: http.Server): Promise<number> {
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    cleanups.push(() => httpServer.close());
    return (httpServer.address() as AddressInfo).port;
  }

  async function echoing(options: AttachOptions = {}, httpServer = http.createServer(page)) {
    const server = subject.attach(httpServer, { ...echo, ...options });
    cleanups.push(() => server.close({ timeout: 100 }));
    return { httpServer, server, port: await listening(httpServer) };
  }

  function rawClient(port: number): RawClient {
    const client = new RawClient(port);
    cleanups.push(() => client.socket.destroy());
    return client;
  }

  describe(`attacks on attach on ${name}`, () => {
    test("clients that reset the connection at any moment leave nothing behind", async () => {
      const errors: unknown[] = [];
      let count = 0;
      const { httpServer, server, port } = await echoing({
        accept: ({ path }) => {
          if (path === "/no") return refuse(401, "x".repeat(100_000));
          return path === "/sync" ? undefined : delay(count++ % 7).then(() => undefined);
        },
        error: (error) => void errors.push(error),
      });
      for (let index = 0; index < 150; index++) {
        const client = rawClient(port);
        const path = ["/no", "/sync", "/async"][index % 3];
        client.send(upgradeRequest(path), maskedFrame(1, "hello"));
        setTimeout(() => client.socket.resetAndDestroy(), index % 10);
        if (index % 5 === 0) await delay(3);
      }
      await delay(20);
      await untilIdle(httpServer, server);
      expect(errors).toEqual([]);
    });

    test("a client that ends its direction gets the replies, then the end", async () => {
      const { httpServer, server, port } = await echoing();
      const client = rawClient(port);
      client.send(upgradeRequest("/"));
      await until(() => client.text.endsWith("\r\n\r\n"));
      client.socket.end(Uint8Array.from(maskedFrame(1, "hello")));
      await until(() => client.hasEnded);
      expect(client.text.endsWith("\r\n\r\n\x81\x05hello")).toBe(true);
      const early = rawClient(port);
      early.socket.end(upgradeRequest("/"));
      await until(() => early.hasEnded);
      await untilIdle(httpServer, server);
      expect(server.stats().closes).toEqual({ 1006: server.stats().accepted });
    });

    test("a client that is gone while the server closes does not hold it up", async () => {
      const { server, port } = await echoing({ closeTimeout: 60_000 });
      const socket = await subject.connect(`ws://127.0.0.1:${port}/`);
      socket.terminate();
      await server.close({ timeout: 60_000 });
    });

    test("an opening handshake may follow requests on the same connection", async () => {
      const { port } = await echoing();
      const client = rawClient(port);
      // More requests without waiting are answered in the wrong order, which Node does not prevent.
      client.send(pageRequest, upgradeRequest("/"), maskedFrame(1, "hello"));
      await until(() => client.text.endsWith("hello"));
      expect(client.text).toMatch(/^HTTP\/1.1 200 .*\r\n\r\npageHTTP\/1.1 101 /s);
      const patient = rawClient(port);
      patient.send(pageRequest);
      await until(() => patient.text.endsWith("page"));
      patient.send(upgradeRequest("/"), maskedFrame(1, "hello"));
      await until(() => patient.text.endsWith("hello"));
    });

    test("an opening handshake with a body is refused, and its body is no request", async () => {
      let requests = 0;
      const httpServer = http.createServer((request, response) => {
        requests++;
        page(request, response);
      });
      const { port } = await echoing({}, httpServer);
      for (const [header, body] of [
        ["Content-Length: 5", "hello"],
        ["Content-Length: 5", "he"],
        [`Content-Length: ${pageRequest.length}`, pageRequest],
        ["Transfer-Encoding: chunked", `1\r\na\r\n0\r\n\r\n${pageRequest}`],
        ["Content-Length: 5\r\nExpect: 100-continue", ""],
      ]) {
        const client = rawClient(port);
        client.send(upgradeRequest("/", header), body);
        await until(() => client.hasEnded);
        expect(client.text).toMatch(
          /^HTTP\/1.1 400 .*the request must not have a body \(WS_ERR_INVALID_HTTP\)\n$/s,
        );
      }
      const client = rawClient(port);
      client.send(upgradeRequest("/", "Expect: 100-continue"));
      await until(() => client.text.endsWith("\r\n\r\n"));
      expect(client.text).toMatch(/^HTTP\/1.1 101 /);
      expect(requests).toBe(0);
    });

    test("more headers than the HTTP server keeps (CVE-2024-37890)", async () => {
      const errors: unknown[] = [];
      const { httpServer, server, port } = await echoing({
        error: (error) => void errors.push(error),
      });
      const names = Array.from({ length: 2_000 }, (_, number) => `${number.toString(36)}: x`);
      const client = rawClient(port);
      // The headers of the opening handshake are those that are left out.
      const [line, ...rest] = upgradeRequest("/").split("\r\n");
      client.send([line, ...names, ...rest].join("\r\n"));
      await until(() => client.hasEnded || /\r\n\r\n/.test(client.text));
      client.socket.destroy();
      const next = rawClient(port);
      next.send(upgradeRequest("/"), maskedFrame(1, "hello"));
      await until(() => next.text.endsWith("hello"));
      next.socket.destroy();
      await untilIdle(httpServer, server);
      expect(errors).toEqual([]);
    });

    test("frames that arrive with the request may be long", async () => {
      const frame = Buffer.alloc(200_014);
      frame.set([0x82, 0xff, 0, 0, 0, 0, 0, 3, 0x0d, 0x40]);
      let received = 0;
      const { server, port } = await echoing({
        accept: ({ path }) => (path === "/" ? undefined : new Promise(() => {})),
        message: (_socket, data) => {
          received += data.length;
        },
      });
      const client = rawClient(port);
      client.socket.write(Buffer.concat([Buffer.from(upgradeRequest("/")), frame, frame]));
      await until(() => received === 400_000);
      // They are bounded while `accept` decides.
      const greedy = rawClient(port);
      greedy.socket.write(Buffer.concat([Buffer.from(upgradeRequest("/wait")), frame]));
      await until(() => greedy.hasEnded);
      expect(server.stats().refused).toEqual({ WS_ERR_HANDSHAKE_INCOMPLETE: 1 });
    });

    test("the HTTP server's own ways to close connections leave WebSockets open", async () => {
      const limits = { headersTimeout: 40, requestTimeout: 40, keepAliveTimeout: 40 };
      const options = { connectionsCheckingInterval: 10, ...limits };
      const { httpServer, port } = await echoing({}, http.createServer(options, page));
      const socket = await subject.connect(`ws://127.0.0.1:${port}/`);
      await delay(150);
      httpServer.closeIdleConnections();
      httpServer.closeAllConnections();
      socket.send("hello");
      for await (const message of socket) {
        expect(message).toBe("hello");
        break;
      }
      socket.terminate();
    });

    test("of two servers for one path the first gets the clients, until it is closed", async () => {
      const httpServer = http.createServer();
      const [one, two, three] = ["1", "2", "3"].map((text) => () => {
        const open = (socket: { send(text: string): unknown }) => void socket.send(text);
        const server = subject.attach(httpServer, { path: "/ws", open });
        cleanups.push(() => server.close({ timeout: 100 }));
        return server;
      });
      const port = await listening(httpServer);
      const greeting = async () => {
        const socket = await subject.connect(`ws://127.0.0.1:${port}/ws`);
        for await (const message of socket) {
          socket.terminate();
          return [message, httpServer.listenerCount("upgrade")];
        }
        return undefined;
      };
      const [first, second] = [one(), two()];
      expect(await greeting()).toEqual(["1", 1]);
      await first.close();
      await first.close();
      expect(await greeting()).toEqual(["2", 1]);
      await second.close();
      expect(httpServer.listenerCount("upgrade")).toBe(0);
      three();
      expect(await greeting()).toEqual(["3", 1]);
    });

    test("client certificates are verified by the HTTPS server", async () => {
      const [ours, theirs] = [await makeAuthority(), await makeAuthority("other")];
      const addresses = ["127.0.0.1"];
      const pair = await ours.issue({ commonName: "server", hostNames: ["localhost"], addresses });
      const clients = [
        await ours.issue({ commonName: "Ann" }),
        {},
        await theirs.issue({ commonName: "Eve" }),
      ];
      // The HTTPS server of Bun does not tell the certificate.
      const ann = name === "Bun" ? undefined : "Ann";
      for (const [rejectUnauthorized, expected] of [
        [true, [ann]],
        [false, [ann, undefined, undefined]],
      ] as const) {
        const names: unknown[] = [];
        const settings = { ...pair, ca: ours.ca, requestCert: true, rejectUnauthorized };
        const accept: AttachOptions["accept"] = ({ peerCertificate }) =>
          void names.push(peerCertificate?.commonName);
        const { port } = await echoing({ accept }, https.createServer(settings));
        for (const client of clients) {
          const tls = { ca: ours.ca, ...client };
          const opening = subject.connect(`wss://127.0.0.1:${port}/`, { tls });
          const socket = await opening.catch(() => undefined);
          socket?.terminate();
        }
        expect(names).toEqual(expected);
      }
    });
  });

  describe(`attacks on createUpgrades on ${name}`, () => {
    /** Calls `handleUpgrade` late, as an application may whose own checks take a while. */
    async function late() {
      const upgrades = subject.createUpgrades({ ...echo, heartbeat: false });
      cleanups.push(() => upgrades.close({ timeout: 100 }));
      const httpServer = http.createServer();
      const results: unknown[] = [];
      const waiting: (() => void)[] = [];
      httpServer.on("upgrade", async (request, socket, head) => {
        socket.on("error", () => {});
        await new Promise<void>((resolve) => waiting.push(resolve));
        const opened = await upgrades.handleUpgrade(request, socket, head);
        results.push(opened?.readyState);
      });
      return { upgrades, httpServer, results, waiting, port: await listening(httpServer) };
    }

    test("handleUpgrade may be called late: no bytes are lost", async () => {
      const { port, waiting } = await late();
      const client = rawClient(port);
      client.send(upgradeRequest("/"), maskedFrame(1, "one"));
      await until(() => waiting.length === 1);
      client.send(maskedFrame(1, "two"));
      await delay(20);
      waiting[0]();
      await until(() => client.text.includes("two"));
      client.send(maskedFrame(1, "three"));
      await until(() => client.text.includes("three"));
      expect(client.text.split("\r\n\r\n")[1]).toBe("\x81\x03one\x81\x03two\x81\x05three");
    });

    test("handleUpgrade may be called after the client is gone", async () => {
      const { upgrades, httpServer, port, results, waiting } = await late();
      const reset = rawClient(port);
      reset.send(upgradeRequest("/"));
      const ended = rawClient(port);
      ended.send(upgradeRequest("/"));
      await until(() => waiting.length === 2);
      reset.socket.resetAndDestroy();
      ended.socket.end();
      await delay(50);
      for (const proceed of waiting) proceed();
      await until(() => results.length === 2);
      expect(results).toEqual([undefined, undefined]);
      await untilIdle(httpServer, upgrades);
      expect(upgrades.stats().refused).toEqual({ WS_ERR_HANDSHAKE_INCOMPLETE: 2 });
    });
  });
}
