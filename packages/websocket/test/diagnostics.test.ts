import {
  type ConnectOptions,
  type DiagnosticsMessages,
  type HandshakeError,
  type IncomingRequest,
  refuse,
  type ServeOptions,
  type Socket,
} from "@framewright/websocket";
import { connectWith, diagnosticsChannels } from "@framewright/websocket/transport";
import { describe, expect, test, vi } from "vitest";
import { memoryServer } from "./memory-server.ts";
import { maskedFrame, memoryPipe, RawPeer, settle, upgradeRequest } from "./memory-transport.ts";

type Name = keyof DiagnosticsMessages;
type Published = { [Key in Name]: readonly [Key, DiagnosticsMessages[Key]] }[Name];

/** Channels that record what is published, and how often they were asked for subscribers. */
class RecordedChannels {
  readonly published: Published[] = [];
  hasSubscribers = true;
  asked = 0;
  readonly support = {
    diagnostics: diagnosticsChannels({ channel: (name) => this.channel(name) }),
  };

  private channel(name: Name) {
    const channels = this;
    return {
      get hasSubscribers() {
        channels.asked++;
        return channels.hasSubscribers;
      },
      publish: (message: unknown) => void channels.published.push([name, message] as Published),
    };
  }

  /** What was published on one channel. */
  on<Key extends Name>(name: Key): DiagnosticsMessages[Key][] {
    return this.published.filter(([key]) => key === name).map(([, message]) => message) as never;
  }

  /** Removes and returns what the limits did, as `name: action`. */
  takeLimits(): string[] {
    const limits = this.on("framewright.limit").map(({ name, action }) => `${name}: ${action}`);
    this.published.length = 0;
    return limits;
  }
}

async function observedServer(options: ServeOptions = {}) {
  const channels = new RecordedChannels();
  const memory = await memoryServer(
    { heartbeat: false, message: () => {}, error: () => {}, ...options },
    channels.support,
  );
  const ask = async (target = "/") => {
    const connection = memory.dial();
    connection.peer.send(upgradeRequest(target));
    await settle();
    return connection;
  };
  return { ...memory, ask, channels };
}

async function observedClient(options: ConnectOptions = {}, channels = new RecordedChannels()) {
  const [client, server] = memoryPipe();
  const peer = new RawPeer(server);
  const socket = connectWith(
    "ws://me:secret@example.com:8080/room?x=1",
    options,
    async (_target, progress) => progress.opened(client),
    channels.support,
  );
  socket.catch(() => {});
  await settle();
  return { peer, socket, channels };
}

async function answer(peer: RawPeer): Promise<string> {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(peer.text)?.[1].trim();
  const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  const accept = btoa(String.fromCharCode(...hash));
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

const duration = expect.any(Number);
const names = (published: readonly Published[]) => published.map(([name]) => name.slice(12));

describe("on a server", () => {
  test("handshake, open and close are published in this order, around the handlers", async () => {
    const order: string[] = [];
    const { ask, channels } = await observedServer({
      open: () => void order.push(...names(channels.published), "open()"),
      close: () => void order.push(...names(channels.published.splice(0, 1)), "close()"),
    });
    const { peer } = await ask("/room?x=1");
    expect(order.splice(0)).toEqual(["handshake", "open", "open()"]);
    const [handshake, open] = channels.published.splice(0) as [Published, Published];
    const socket = (open[1] as DiagnosticsMessages["framewright.open"]).socket;
    const { request } = handshake[1] as DiagnosticsMessages["framewright.handshake"];
    expect([request?.path, request?.query]).toEqual(["/room", "x=1"]);
    expect(handshake[1]).toEqual({
      role: "server",
      request: expect.anything(),
      url: undefined,
      remoteAddress: "192.0.2.1",
      socket,
      fault: undefined,
      duration,
    });
    expect(open[1]).toEqual({ role: "server", socket });
    peer.send(maskedFrame(8, [0x03, 0xe8, 0x62, 0x79, 0x65]));
    await settle();
    peer.transport.shutdown();
    await settle();
    expect(order).toEqual(["close", "close()"]);
  });

  test("close says how the connection ended, and how long it was open", async () => {
    const { open, channels } = await observedServer();
    const { peer } = await open();
    peer.send([0x81, 0x01, 0x41]); // not masked
    await settle();
    peer.transport.shutdown();
    await settle();
    expect(channels.on("framewright.close")).toEqual([
      {
        role: "server",
        socket: channels.on("framewright.open")[0].socket,
        statusCode: 1002,
        reason: "a client sent a frame that is not masked",
        wasClean: false,
        error: expect.objectContaining({ code: "WS_ERR_EXPECTED_MASK" }),
        duration,
      },
    ]);
    expect(channels.on("framewright.close")[0].duration).toBeGreaterThan(0);
  });

  test("refused and lost handshakes are published, plain HTTP requests are not", async () => {
    const { ask, dial, channels } = await observedServer({
      accept: () => refuse(401, "who are you?") as never,
      http: () => ({ status: 200 }),
    });
    await ask("/room");
    dial().peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const { peer } = dial();
    peer.send("GET /half");
    await settle();
    peer.transport.shutdown();
    await settle();
    const [refused, lost, ...others] = channels.on("framewright.handshake");
    expect(others).toEqual([]);
    expect(refused).toMatchObject({ role: "server", socket: undefined, duration });
    expect((refused.request as IncomingRequest).target).toBe("/room");
    expect([refused.fault?.code, refused.fault?.status]).toEqual(["WS_ERR_REFUSED", 401]);
    expect(lost).toMatchObject({ request: undefined, remoteAddress: "192.0.2.1" });
    expect(lost.fault?.code).toBe("WS_ERR_HANDSHAKE_INCOMPLETE");
    expect(names(channels.published)).toEqual(["handshake", "handshake"]);
  });

  test("errors of user code are published: of accept, of handlers, and of error itself", async () => {
    const failures = [new Error("accept"), new Error("message"), new Error("error")];
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const { ask, open, channels } = await observedServer({
        accept({ path }) {
          if (path === "/throw") throw failures[0];
        },
        message: () => Promise.reject(failures[1]),
        error(_error, socket) {
          if (socket !== undefined) throw failures[2];
        },
      });
      await ask("/throw");
      const { peer } = await open();
      peer.send(maskedFrame(1, "x"));
      await settle();
      const socket = channels.on("framewright.open")[0].socket;
      expect(channels.on("framewright.error")).toEqual([
        { role: "server", error: failures[0], socket: undefined },
        { role: "server", error: failures[1], socket },
        { role: "server", error: failures[2], socket },
      ]);
    } finally {
      printed.mockRestore();
    }
  });

  test("a subscriber may end the socket at once", async () => {
    for (const name of ["handshake", "open"]) {
      const { ask, channels } = await observedServer({ message: () => {} });
      const { push } = channels.published;
      channels.published.push = (...events) => {
        for (const [channel, message] of events) {
          if (channel === `framewright.${name}`) (message as { socket: Socket }).socket.close(4000);
        }
        return push.apply(channels.published, events);
      };
      const { peer } = await ask();
      expect(peer.text).toMatch(/^HTTP\/1\.1 101 /);
      expect(peer.text.split("\r\n\r\n")[1]).toBe(String.fromCharCode(0x88, 2, 0x0f, 0xa0));
    }
  });
});

describe("on a client", () => {
  test("handshake, open and close are published", async () => {
    const { peer, socket, channels } = await observedClient();
    peer.send(await answer(peer));
    const opened = await socket;
    opened.terminate();
    const url = "ws://example.com:8080/room?x=1";
    const common = { role: "client", socket: opened };
    expect(channels.published).toEqual([
      [
        "framewright.handshake",
        {
          ...common,
          request: undefined,
          url,
          remoteAddress: "192.0.2.1",
          fault: undefined,
          duration,
        },
      ],
      ["framewright.open", common],
      [
        "framewright.close",
        { ...common, statusCode: 1006, reason: "", wasClean: false, error: undefined, duration },
      ],
    ]);
  });

  test("a refused handshake is published with the error that connect throws", async () => {
    const { peer, socket, channels } = await observedClient();
    peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    const error = await socket.catch((error: HandshakeError) => error);
    const [{ fault, socket: none }, ...others] = channels.on("framewright.handshake");
    expect([fault, none, others]).toEqual([error, undefined, []]);
    expect(fault?.status).toBe(503);
  });

  test("a connection that cannot be opened is published", async () => {
    const channels = new RecordedChannels();
    const open = () => Promise.reject(new Error("refused"));
    await connectWith("ws+unix:/run/app.sock:/x", {}, open, channels.support).catch(() => {});
    expect(channels.on("framewright.handshake")).toMatchObject([
      {
        url: "ws+unix:/run/app.sock:/x",
        remoteAddress: "",
        fault: { code: "WS_ERR_CONNECT_FAILED" },
      },
    ]);
  });

  test("the handshake timeout is a limit", async () => {
    const { socket, channels } = await observedClient({ handshakeTimeout: 20 });
    await socket.catch(() => {});
    expect(channels.on("framewright.limit")).toEqual([
      {
        role: "client",
        name: "handshakeTimeout",
        action: "refused",
        socket: undefined,
        request: undefined,
        remoteAddress: "192.0.2.1",
      },
    ]);
    expect(names(channels.published)).toEqual(["limit", "handshake"]);
  });
});

describe("limits of opening handshakes", () => {
  test("maxConnections, for the request that it refuses", async () => {
    const { ask, channels } = await observedServer({ maxConnections: 1 });
    await ask("/one");
    channels.published.length = 0;
    await ask("/two");
    const [limit] = channels.on("framewright.limit");
    expect(limit).toMatchObject({ role: "server", name: "maxConnections", action: "refused" });
    expect([limit.request?.path, limit.socket]).toEqual(["/two", undefined]);
    expect(limit.remoteAddress).toBe("192.0.2.1");
    expect(names(channels.published)).toEqual(["limit", "handshake"]);
  });

  test("perClient", async () => {
    for (const name of ["connections", "handshakesPerMinute"]) {
      const { ask, channels } = await observedServer({ perClient: { [name]: 1 } });
      await ask();
      await ask();
      expect(channels.takeLimits()).toEqual([`perClient.${name}: refused`]);
    }
  });

  test("maxPendingHandshakes, also for connections without an answer", async () => {
    const { dial, channels } = await observedServer({ maxPendingHandshakes: 1 });
    for (let count = 0; count < 3; count++) dial();
    expect(channels.takeLimits()).toEqual([
      "maxPendingHandshakes: refused",
      "maxPendingHandshakes: terminated",
    ]);
  });

  test("handshakeTimeout, also of plain HTTP requests, and closeTimeout of their responses", async () => {
    const { dial, channels } = await observedServer({
      handshakeTimeout: 20,
      closeTimeout: 20,
      http: () => new Promise(() => {}),
    });
    const { peer } = dial();
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (channels.published.length < 2) await settle();
    expect(channels.takeLimits()).toEqual([
      "handshakeTimeout: refused",
      "closeTimeout: terminated",
    ]);
  });
});

describe("limits of sockets", () => {
  /** What the limits of a server do to a peer that has opened a connection and sent frames. */
  async function limitsOf(options: ServeOptions, ...frames: number[][]) {
    const server = await observedServer(options);
    const { peer, transport } = await server.open();
    server.channels.published.length = 0;
    peer.send(...frames);
    await settle();
    const [socket] = server.server.clients;
    return { ...server, peer, transport, socket };
  }

  test.each<[string, ServeOptions, number[][]]>([
    ["maxMessageSize: closed", { maxMessageSize: 3 }, [maskedFrame(1, "four")]],
    [
      "maxFragments: closed",
      { maxFragments: 1 },
      [maskedFrame(1, "a").with(0, 0x01), maskedFrame(0, "b")],
    ],
    ["maxReceiveMemory: closed", { maxReceiveMemory: 0 }, [maskedFrame(1, "a").with(0, 0x01)]],
    [
      "messageRate: closed",
      { messageRate: { perSecond: 1, burst: 1, exceeded: "close" } },
      [maskedFrame(1, "a"), maskedFrame(1, "b"), maskedFrame(1, "c")],
    ],
    ["messageRate: paused", { messageRate: { perSecond: 1, burst: 1 } }, [maskedFrame(1, "a")]],
  ])("%s, once, for its socket", async (limit, options, frames) => {
    const { channels, socket } = await limitsOf(options, ...frames);
    const [published, ...others] = channels.on("framewright.limit");
    expect(others).toEqual([]);
    expect(`${published.name}: ${published.action}`).toBe(limit);
    expect(published).toMatchObject({ role: "server", request: undefined });
    expect(published.socket).toBe(socket);
    expect(published.remoteAddress).toBe("192.0.2.1");
  });

  test("maxBufferedAmount: the message is dropped, or the connection ends", async () => {
    for (const [whenFull, action] of [
      ["drop", "dropped"],
      ["terminate", "terminated"],
    ] as const) {
      const { channels, transport, socket } = await limitsOf({ maxBufferedAmount: 100, whenFull });
      transport.capacity = 0;
      socket.send("x".repeat(90));
      expect(channels.takeLimits()).toEqual([]);
      expect(socket.send("x".repeat(90))).toBe("dropped");
      expect(channels.takeLimits()).toEqual([`maxBufferedAmount: ${action}`]);
    }
  });

  test("maxTotalBufferedAmount", async () => {
    const { channels, transport, socket } = await limitsOf({ maxTotalBufferedAmount: 100 });
    transport.capacity = 0;
    socket.send("x".repeat(200));
    await settle();
    expect(channels.takeLimits()).toEqual(["maxTotalBufferedAmount: terminated"]);
  });

  test("maxTopicsPerSocket", async () => {
    const { channels, socket } = await limitsOf({ maxTopicsPerSocket: 1 });
    socket.subscribe("one");
    expect(() => socket.subscribe("two")).toThrow("maximum");
    expect(channels.on("framewright.limit")[0]).toMatchObject({ remoteAddress: "192.0.2.1" });
    expect(channels.takeLimits()).toEqual(["maxTopicsPerSocket: refused"]);
  });

  test.each<[string, ServeOptions]>([
    ["heartbeat: terminated", { heartbeat: { interval: 20, timeout: 20 } }],
    ["idleTimeout: closed", { idleTimeout: 20 }],
    ["maxLifetime: closed", { maxLifetime: 20 }],
  ])("%s", async (limit, options) => {
    const { open, channels } = await observedServer(options);
    await open();
    while (channels.on("framewright.limit").length === 0) await settle();
    expect(channels.takeLimits()[0]).toBe(limit);
  });

  test("closeTimeout", async () => {
    const { channels, socket } = await limitsOf({ closeTimeout: 20 });
    socket.close();
    await socket.closed;
    expect(channels.takeLimits()).toEqual(["closeTimeout: terminated"]);
  });
});

describe("without subscribers", () => {
  test("nothing is published, and messages do not even ask", async () => {
    const { open, channels, server } = await observedServer({ messageRate: { perSecond: 1_000 } });
    channels.hasSubscribers = false;
    const { peer } = await open();
    const { asked } = channels;
    const [socket] = server.clients;
    for (let count = 0; count < 100; count++) {
      peer.send(maskedFrame(1, "x"));
      socket.send("x");
    }
    await settle();
    expect(server.stats()).toMatchObject({ messagesReceived: 100, messagesSent: 100 });
    expect(channels.asked).toBe(asked);
    socket.terminate();
    expect(channels.published).toEqual([]);
  });

  test("a subscriber that comes later hears of the end, but not of durations", async () => {
    const { open, dial, channels, server } = await observedServer();
    channels.hasSubscribers = false;
    await open();
    const { peer } = dial();
    channels.hasSubscribers = true;
    const [socket] = server.clients;
    socket.terminate();
    peer.send(upgradeRequest());
    await settle();
    expect(names(channels.published)).toEqual(["close", "handshake", "open"]);
    expect(channels.on("framewright.close")[0].duration).toBe(undefined);
    expect(channels.on("framewright.handshake")[0].duration).toBe(undefined);
  });
});
