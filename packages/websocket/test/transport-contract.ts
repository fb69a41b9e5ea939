import { createHash } from "node:crypto";
import { connect as dial } from "node:net";
import type { ConnectOptions, Message, ServeOptions, Server, Socket } from "@framewright/websocket";
import { type ContractPair, transportContract } from "@framewright/websocket/testing";
import type {
  Listener,
  ListenOptions,
  OpenTransport,
  Transport,
  TransportListener,
} from "@framewright/websocket/transport";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkClientTls } from "../src/client/client-tls.ts";
import { checkServerTls } from "../src/server/server-tls.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { upgradeRequest } from "./memory-transport.ts";
import { temporaryPath } from "./temporary-path.ts";

/** The functions and properties of a transport package. */
export interface TransportPackage {
  listen(options: ListenOptions, accept: (transport: Transport) => void): Promise<Listener>;
  open: OpenTransport;
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
  /** Whether several servers can share a port. */
  readonly sharesPorts: boolean;
  /** Tests the transports of TLS connections alone. */
  readonly isTlsAlone?: boolean;
}

const idleSignal = new AbortController().signal;

/** What a transport reports to while it is opened. */
const progress = (opened: (transport: Transport) => void, reached = ignore) => ({
  signal: idleSignal,
  opened,
  reached,
});

function ignore(): void {}

/** Writes all given bytes, as a session does, and records the events. */
class Endpoint implements TransportListener {
  readonly transport: Transport;
  readonly events: string[] = [];
  length = 0;
  /** The sum of each byte times its position, which depends on the order. */
  checksum = 0;
  /** The first received bytes. */
  text = "";
  private waiting: Uint8Array[] = [];
  private wake: () => void = () => {};

  constructor(transport: Transport) {
    this.transport = transport;
    transport.listener = this;
  }

  get idle(): boolean {
    return this.waiting.length === 0 && this.transport.pending === 0;
  }

  send(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.drained();
  }

  /** Resolves when the condition is true. It is checked after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  receive(bytes: Uint8Array): void {
    if (this.length < 4_096) this.text += new TextDecoder().decode(bytes);
    for (let i = 0; i < bytes.length; i++) {
      this.checksum = (this.checksum + bytes[i] * ((this.length + i) % 1_009)) % 0x7fffffff;
      bytes[i] = 0; // receivers may modify what they get
    }
    this.length += bytes.length;
    this.happened("receive");
  }

  drained(): void {
    for (let bytes = this.waiting[0]; bytes !== undefined; bytes = this.waiting[0]) {
      const taken = this.transport.write(bytes);
      if (taken < bytes.length) {
        this.waiting[0] = bytes.subarray(taken);
        break;
      }
      this.waiting.shift();
    }
    this.happened("drained");
  }

  ended(): void {
    this.happened("ended");
  }

  failed(): void {
    this.happened("failed");
  }

  private happened(event: string): void {
    if (this.events.at(-1) !== event) this.events.push(event);
    this.wake();
  }
}

function upgradeResponse(nonce: string): string {
  const accept = createHash("sha1").update(`${nonce}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept.digest("base64")}`,
    "",
    "",
  ].join("\r\n");
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i] * (i % 1_009)) % 0x7fffffff;
  return sum;
}

const pattern = (length: number) => new Uint8Array(length).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

/** Tests a transport's contract, and `serve` and `connect`, over real sockets on loopback. */
export function describeTransport(runtime: string, subject: TransportPackage): void {
  let certificates: Certificates;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const listenOptions = (secure: boolean, unix?: string): ListenOptions => {
    const { cert, key } = certificates;
    return {
      port: 0,
      hostname: "127.0.0.1",
      reusePort: false,
      unix,
      tls: secure ? checkServerTls({ cert, key }) : undefined,
      handshakeTimeout: 1_000,
      beginTls: () => ({ end() {} }),
    };
  };
  const urlOf = (port: number, secure: boolean, socketPath = "") => ({
    secure,
    hostname: "127.0.0.1",
    port,
    host: `127.0.0.1:${port}`,
    target: "/",
    authorization: "",
    socketPath,
  });
  const targetOf = (port: number, secure: boolean, socketPath = "") => ({
    url: urlOf(port, secure, socketPath),
    host: "127.0.0.1",
    localAddress: undefined,
    tls: checkClientTls({ ca: certificates.ca }),
  });

  /** Connects two transports. Returns the listener, which is stopped after the test. */
  async function openPair(
    pair: ContractPair,
    secure: boolean,
    unix?: string,
  ): Promise<Pick<Listener, "port" | "stop">> {
    const listener = await subject.listen(listenOptions(secure, unix), pair.server);
    const { port } = listener;
    let isStopped = false;
    const stopOnce = () => {
      if (!isStopped) listener.stop();
      isStopped = true;
    };
    cleanups.push(stopOnce);
    let isConnected = false;
    const onConnected = () => {
      isConnected = true;
    };
    const onOpened = (transport: Transport) => {
      if (secure) expect(isConnected).toBe(true);
      pair.client(transport);
    };
    await subject.open(targetOf(port, secure, unix), progress(onOpened, onConnected));
    return { port, stop: stopOnce };
  }

  const kinds: [string, boolean, string?][] = [
    ["TCP", false],
    ["TLS", true],
    ["a Unix socket", false, temporaryPath()],
  ];
  const tested = kinds.filter(([, secure]) => secure || subject.isTlsAlone !== true);
  describe.each(tested)(`${runtime}: a transport over %s`, (_name, secure, unix) => {
    const remoteAddress = unix === undefined ? "127.0.0.1" : "";
    const open = async (pair: ContractPair) => void (await openPair(pair, secure, unix));
    for (const { name, run } of transportContract(open, { remoteAddress })) {
      test(name, run);
    }

    test("keeps working after the listener has stopped", async () => {
      let accepted: (endpoint: Endpoint) => void = () => {};
      const accepting = new Promise<Endpoint>((resolve) => {
        accepted = resolve;
      });
      const add = (transport: Transport) => {
        cleanups.push(() => transport.destroy());
        return new Endpoint(transport);
      };
      let client: Endpoint | undefined;
      const { port, stop } = await openPair(
        {
          client: (transport) => {
            client = add(transport);
          },
          server: (transport) => accepted(add(transport)),
        },
        secure,
        unix,
      );
      const server = await accepting;
      stop();
      await expect(subject.open(targetOf(port, secure, unix), progress(ignore))).rejects.toThrow();
      client?.send(pattern(7));
      await server.until(() => server.length === 7);
    });
  });

  if (subject.isTlsAlone) return;
  describe(`${runtime}: serve and connect`, () => {
    async function echo(options: ServeOptions = {}): Promise<Server> {
      const server = await subject.serve({
        message: (socket, data) => void socket.send(data),
        ...options,
      });
      cleanups.push(() => server.close({ timeout: 1_000 }));
      return server;
    }

    test.each([
      ["ws", false],
      ["wss", true],
    ])("%s: messages, subprotocol and the closing handshake", async (scheme, secure) => {
      const { ca, cert, key } = certificates;
      const closes: unknown[] = [];
      const server = await echo({
        subprotocols: ["chat"],
        ...(secure ? { tls: { cert, key } } : {}),
        close: (_socket, ...close) => void closes.push(close),
      });
      const url = `${scheme}://127.0.0.1:${server.port}/`;
      const socket = await subject.connect(url, {
        subprotocols: ["other", "chat"],
        ...(secure ? { tls: { ca } } : {}),
      });
      expect(socket.subprotocol).toBe("chat");
      const sent: Message[] = [
        "",
        "héllo",
        new Uint8Array(0),
        pattern(70_000),
        "x".repeat(2_000_000),
      ];
      for (const message of sent) socket.send(message);
      const got: Message[] = [];
      for await (const message of socket) {
        got.push(message);
        if (got.length === sent.length) socket.close(4001, "done");
      }
      expect(got).toEqual(sent);
      expect(await socket.closed).toMatchObject({
        statusCode: 4001,
        reason: "done",
        wasClean: true,
      });
      await server.close();
      expect(closes).toEqual([[4001, "done", true]]);
    });

    test("send returns queued if the client does not read, and drain is called when it does", async () => {
      const drains: number[] = [];
      let accepted: (socket: Socket) => void = () => {};
      const serverSocket = new Promise<Socket>((resolve) => {
        accepted = resolve;
      });
      const server = await echo({
        maxBufferedAmount: 64 * 1_048_576,
        open: accepted,
        drain: (socket) => void drains.push(socket.bufferedAmount),
      });
      const client = await subject.connect(`ws://127.0.0.1:${server.port}/`);
      const socket = await serverSocket;
      const message = new Uint8Array(1_048_576);
      let results = "";
      for (let i = 0; i < 32; i++) results = socket.send(message);
      expect(results).toBe("queued");
      expect(socket.bufferedAmount).toBeGreaterThan(65_536);
      let bytes = 0;
      for await (const data of client) {
        bytes += data.length;
        if (bytes === 32 * 1_048_576) break;
      }
      await socket.drained;
      expect(drains.length).toBe(1);
      expect(drains[0]).toBeLessThanOrEqual(16_384);
    });

    test.each([
      ["ws", false],
      ["wss", true],
    ])("%s: borrowed messages of any length can be sent to any socket", async (scheme, secure) => {
      const { ca, cert, key } = certificates;
      const server = await subject.serve({
        borrowedMessages: true,
        ...(secure ? { tls: { cert, key } } : {}),
        message(_socket, data) {
          for (const client of server.clients) client.send(data);
        },
      });
      cleanups.push(() => server.close({ timeout: 1_000 }));
      const lengths = [1, 127, 128, 5_000, 65_536, 65_537, 70_000, 200_000, 300_000, 1_000_000];
      const clientCount = 3;
      const received = Array.from({ length: clientCount }, () => [] as string[]);
      let left = clientCount * clientCount * lengths.length;
      const sockets: Socket[] = [];
      await new Promise<void>((resolve, reject) => {
        const open = async (i: number) => {
          const socket = await subject.connect(`${scheme}://127.0.0.1:${server.port}/`, {
            borrowedMessages: true,
            ...(secure ? { tls: { ca } } : {}),
            message(_socket, data) {
              const bytes = data as Uint8Array;
              received[i].push(`${bytes[0]} ${bytes.length} ${checksum(bytes.subarray(1))}`);
              if (--left === 0) resolve();
            },
          });
          sockets[i] = socket;
        };
        const openAll = Array.from({ length: clientCount }, (_, i) => open(i));
        Promise.all(openAll).then(() => {
          for (const length of lengths) {
            for (const [i, socket] of sockets.entries()) {
              const message = pattern(length);
              message[0] = i;
              socket.send(message);
            }
          }
        }, reject);
      });
      const expected = lengths.map(
        (length) => `${length} ${checksum(pattern(length).subarray(1))}`,
      );
      for (const list of received) {
        for (let i = 0; i < clientCount; i++) {
          // The messages of one sender arrive in order.
          const from = list.filter((entry) => entry.startsWith(`${i} `));
          expect(from).toEqual(expected.map((entry) => `${i} ${entry}`));
        }
      }
      for (const socket of sockets) socket.terminate();
    });

    test("server.close sends 1001 and waits for clients", async () => {
      const server = await echo();
      const sockets = await Promise.all(
        [1, 2, 3].map(() => subject.connect(`ws://127.0.0.1:${server.port}/`)),
      );
      await server.close();
      expect(server.clients.size).toBe(0);
      for (const socket of sockets) {
        expect(await socket.closed).toMatchObject({ statusCode: 1001, wasClean: true });
      }
    });

    test("terminate: the peer sees 1006", async () => {
      const server = await echo();
      const socket = await subject.connect(`ws://127.0.0.1:${server.port}/`);
      for (const client of server.clients) client.terminate();
      expect(await socket.closed).toMatchObject({ statusCode: 1006, wasClean: false });
    });

    test("a port in use, a refused connection or an invalid certificate gives its error", async () => {
      const server = await echo();
      await expect(subject.serve({ port: server.port })).rejects.toMatchObject({
        code: "WS_ERR_LISTEN_FAILED",
        message: expect.stringContaining(`127.0.0.1 port ${server.port}`),
      });
      await server.close();
      const url = `127.0.0.1:${server.port}/`;
      const failed = { name: "HandshakeError", code: "WS_ERR_CONNECT_FAILED" };
      await expect(subject.connect(`ws://${url}`)).rejects.toMatchObject(failed);
      const bad = { cert: "no certificate", key: "no key" };
      await expect(subject.serve({ tls: bad })).rejects.toMatchObject({
        code: "WS_ERR_LISTEN_FAILED",
      });

      const { cert, key, ca } = certificates;
      const secure = await echo({ tls: { cert, key } });
      await expect(subject.connect(`wss://127.0.0.1:${secure.port}/`)).rejects.toMatchObject(
        failed,
      );
      const other = await makeCertificates();
      const untrusted = subject.connect(`wss://127.0.0.1:${secure.port}/`, {
        tls: { ca: other.ca },
      });
      await expect(untrusted).rejects.toMatchObject(failed);
      const named = await subject.connect(`wss://localhost:${secure.port}/`, { tls: { ca } });
      named.close();
      await named.closed;
    });

    if (subject.sharesPorts)
      test("servers share a port if all of them set reusePort, also over TLS", async () => {
        const { cert, key, ca } = certificates;
        for (const tls of [undefined, { cert, key }]) {
          const options: ServeOptions = { reusePort: true, ...(tls === undefined ? {} : { tls }) };
          const first = await echo(options);
          const second = await echo({ ...options, port: first.port });
          const url = `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${first.port}/`;
          // The probability that all connect to the same server is 1 in 2^39.
          const sockets = await Promise.all(
            Array.from({ length: 40 }, () => subject.connect(url, { tls: { ca } })),
          );
          expect(first.clients.size).toBeGreaterThan(0);
          expect(second.clients.size).toBeGreaterThan(0);
          expect(first.clients.size + second.clients.size).toBe(40);
          await expect(subject.serve({ port: first.port })).rejects.toMatchObject({
            code: "WS_ERR_LISTEN_FAILED",
          });
          for (const socket of sockets) socket.terminate();
        }
      });

    test("a server that never answers: WS_ERR_HANDSHAKE_TIMEOUT", async () => {
      const listener = await subject.listen(listenOptions(false), (transport) => {
        const endpoint = new Endpoint(transport);
        cleanups.push(() => endpoint.transport.destroy());
      });
      cleanups.push(() => listener.stop());
      for (const scheme of ["ws", "wss"]) {
        await expect(
          subject.connect(`${scheme}://127.0.0.1:${listener.port}/`, { handshakeTimeout: 100 }),
        ).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
      }
    });

    test("a wss: server that never answers: the client closes its connection", async () => {
      let gone = 0;
      const listener = await subject.listen(listenOptions(false), (transport) => {
        const endpoint = new Endpoint(transport);
        void endpoint
          .until(() => endpoint.events.includes("ended") || endpoint.events.includes("failed"))
          .then(() => {
            gone++;
            endpoint.transport.destroy();
          });
      });
      cleanups.push(() => listener.stop());
      const url = `wss://127.0.0.1:${listener.port}/`;
      for (let i = 0; i < 3; i++) {
        await expect(subject.connect(url, { handshakeTimeout: 50 })).rejects.toMatchObject({
          code: "WS_ERR_HANDSHAKE_TIMEOUT",
        });
      }
      while (gone < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    });

    test("clients that reset at once do not keep others from connecting", async () => {
      const server = await echo();
      const reset = () =>
        new Promise<void>((resolve) => {
          const socket = dial(server.port, "127.0.0.1", () => {
            socket.resetAndDestroy();
            resolve();
          });
          socket.on("error", () => resolve());
        });
      for (let round = 0; round < 3; round++) {
        const resets = Promise.all(Array.from({ length: 100 }, reset));
        // They connect and reset while the process is busy, before it can accept them.
        await new Promise<void>((resolve) => setTimeout(resolve, 1));
        const end = performance.now() + 50;
        while (performance.now() < end);
        await resets;
      }
      const socket = await subject.connect(`ws://127.0.0.1:${server.port}/`, {
        handshakeTimeout: 2_000,
      });
      socket.send("still here");
      for await (const message of socket) {
        expect(message).toBe("still here");
        break;
      }
      socket.terminate();
    });

    test("a peer that resets while output waits for it does not keep its socket for the close timeout", async () => {
      const server = await subject.serve({ closeTimeout: 600_000 });
      // 500 Pings of 125 bytes with an empty masking key.
      const pings = Buffer.alloc(500 * 131);
      for (let at = 0; at < pings.length; at += 131) pings.set([0x89, 0xfd], at);
      try {
        const client = dial(server.port, "127.0.0.1").on("error", () => {});
        client.write(upgradeRequest("/"));
        client.once("data", () => client.pause());
        await expect.poll(() => server.clients.size).toBe(1);
        const press = setInterval(() => client.writableLength < 1e6 && client.write(pings), 1);
        await expect.poll(() => server.stats().bufferedAmount).toBeGreaterThan(0);
        clearInterval(press);
        client.resetAndDestroy();
        await expect.poll(() => server.clients.size).toBe(0);
      } finally {
        await server.close({ timeout: 0 });
      }
    });

    test("bytes transferred while they wait or are written: only that connection fails", async () => {
      const sockets: Socket[] = [];
      const server = await echo({ open: (socket) => void sockets.push(socket) });
      const url = `ws://127.0.0.1:${server.port}/`;
      const messageLength = 1_048_576;
      for (const which of ["partly written", "next", "last"]) {
        const client = await subject.connect(url);
        client.pause();
        const socket = sockets.pop() as Socket;
        const messages: Uint8Array[] = [];
        // The operating system buffers tens of megabytes before bytes wait here.
        while (socket.bufferedAmount < 8 * messageLength) {
          const message = new Uint8Array(messageLength);
          messages.push(message);
          socket.send(message);
          if (socket.bufferedAmount >= 8 * messageLength) {
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
        const waiting = Math.ceil(socket.bufferedAmount / (messageLength + 10));
        const back = { "partly written": waiting, next: waiting - 1, last: 1 }[which];
        const { buffer } = messages.at(-(back as number)) as Uint8Array<ArrayBuffer>;
        structuredClone(buffer, { transfer: [buffer] });
        client.resume();
        const drain = (async () => {
          for await (const _message of client);
        })();
        const info = await socket.closed;
        expect(info.error, which).toMatchObject({ code: "WS_ERR_DETACHED_BYTES" });
        expect(info.statusCode).toBe(1006);
        await drain;
        expect((await client.closed).statusCode).toBe(1006);
      }
      const other = await subject.connect(url);
      other.send("still here");
      for await (const message of other) {
        expect(message).toBe("still here");
        break;
      }
      other.terminate();
    });

    test.each([false, true])(
      "heartbeats find a peer that is gone, and no other (TLS: %s)",
      async (secure) => {
        const heartbeat = { interval: 160, timeout: 160 };
        const { cert, key, ca } = certificates;
        const errors: unknown[] = [];
        const server = await echo({
          heartbeat,
          ...(secure ? { tls: { cert, key } } : {}),
          open: (socket) => void socket.closed.then(({ error }) => errors.push(error)),
        });
        const alive = await subject.connect(
          `${secure ? "wss" : "ws"}://127.0.0.1:${server.port}/`,
          {
            tls: { ca },
          },
        );
        const onOpened = (transport: Transport) => {
          const silent = new Endpoint(transport);
          cleanups.push(() => transport.destroy());
          silent.send(new TextEncoder().encode(upgradeRequest()));
        };
        await subject.open(targetOf(server.port, secure), progress(onOpened));
        while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
        expect(errors).toEqual([expect.objectContaining({ code: "WS_ERR_HEARTBEAT_TIMEOUT" })]);
        const [socket] = server.clients;
        expect(server.clients.size).toBe(1);
        expect(socket.latency).toBeGreaterThan(0);
        expect(alive.readyState).toBe("open");
      },
    );

    test.each([false, true])(
      "a peer that does not read is ended or passed over (TLS: %s)",
      async (secure) => {
        const { cert, key, ca } = certificates;
        const message = pattern(1_048_576);
        for (const whenFull of ["terminate", "drop"] as const) {
          let dropped = 0;
          const server = await echo({
            heartbeat: false,
            maxBufferedAmount: 4 * message.length,
            whenFull,
            ...(secure ? { tls: { cert, key } } : {}),
            dropped: () => void dropped++,
          });
          const url = `${secure ? "wss" : "ws"}://127.0.0.1:${server.port}/`;
          const other = await subject.connect(url, { tls: { ca } });
          let length = 0;
          const slow = await subject.connect(url, {
            tls: { ca },
            message: (_socket, data) => {
              length += data.length;
            },
          });
          slow.pause();
          const [, socket] = server.clients;
          let sent = 0;
          let most = 0;
          while (sent < 200 && socket.send(message) !== "dropped") {
            sent++;
            most = Math.max(most, socket.bufferedAmount);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          expect(sent).toBeGreaterThanOrEqual(4);
          expect(sent).toBeLessThan(200);
          expect(most).toBeLessThanOrEqual(4 * message.length);
          other.send("hello");
          for await (const echoed of other) {
            expect(echoed).toBe("hello");
            break;
          }
          if (whenFull === "terminate") {
            expect(await socket.closed).toMatchObject({ error: { code: "WS_ERR_PEER_TOO_SLOW" } });
            expect(server.clients.size).toBe(1);
          } else {
            slow.resume();
            while (length < sent * message.length) {
              await new Promise((resolve) => setTimeout(resolve, 10));
            }
            expect([dropped, length]).toEqual([1, sent * message.length]);
          }
          for (const each of [slow, other]) each.terminate();
        }
      },
    );

    test("the heartbeat of a client finds a server that is gone", async () => {
      const listener = await subject.listen(listenOptions(false), (transport) => {
        const endpoint = new Endpoint(transport);
        cleanups.push(() => transport.destroy());
        void endpoint
          .until(() => endpoint.text.endsWith("\r\n\r\n"))
          .then(() => {
            const [, nonce] = /^Sec-WebSocket-Key: (.*)\r$/m.exec(endpoint.text) ?? [];
            endpoint.send(new TextEncoder().encode(upgradeResponse(nonce)));
          });
      });
      cleanups.push(() => listener.stop());
      const socket = await subject.connect(`ws://127.0.0.1:${listener.port}/`, {
        heartbeat: { interval: 160, timeout: 160 },
      });
      expect(await socket.closed).toMatchObject({
        statusCode: 1006,
        error: { code: "WS_ERR_HEARTBEAT_TIMEOUT" },
      });
    });

    test("a silent client is disconnected after the handshake timeout", async () => {
      const { cert, key } = certificates;
      for (const tls of [{}, { tls: { cert, key } }]) {
        const server = await echo({ handshakeTimeout: 100, closeTimeout: 100, ...tls });
        let silent: Endpoint | undefined;
        const onOpened = (transport: Transport) => {
          silent = new Endpoint(transport);
        };
        await subject.open(targetOf(server.port, false), progress(onOpened));
        const endpoint = silent as Endpoint;
        cleanups.push(() => endpoint.transport.destroy());
        await endpoint.until(
          () => endpoint.events.includes("ended") || endpoint.events.includes("failed"),
        );
      }
    });

    test("a silent client is disconnected when the server closes, also before its TLS handshake", async () => {
      const { ca, cert, key } = certificates;
      for (const tls of [{}, { tls: { cert, key } }]) {
        const server = await echo({ handshakeTimeout: 60_000, ...tls });
        let silent: Endpoint | undefined;
        const onOpened = (transport: Transport) => {
          silent = new Endpoint(transport);
        };
        await subject.open(targetOf(server.port, false), progress(onOpened));
        const endpoint = silent as Endpoint;
        cleanups.push(() => endpoint.transport.destroy());
        // Accepted later, so the server has accepted the silent client when this one is open.
        const scheme = "tls" in tls ? "wss" : "ws";
        await subject.connect(`${scheme}://127.0.0.1:${server.port}/`, { tls: { ca } });
        await server.close();
        await endpoint.until(
          () => endpoint.events.includes("ended") || endpoint.events.includes("failed"),
        );
      }
    });
  });
}
