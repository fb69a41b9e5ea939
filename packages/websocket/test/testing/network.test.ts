import { refuse } from "@framewright/websocket";
import {
  connect,
  createNetwork,
  type Network,
  serve,
  settle,
  TestClock,
} from "@framewright/websocket/testing";
import { afterEach, describe, expect, test } from "vitest";
import { upgradeRequest } from "../memory-transport.ts";

const echo = {
  message: (socket: { send(data: never): unknown }, data: never) => void socket.send(data),
};

let clock: TestClock | undefined;
afterEach(() => {
  clock?.uninstall();
  clock = undefined;
});

async function codeOf(connecting: Promise<unknown>): Promise<unknown> {
  return connecting.then(
    () => "connected",
    (error) => [error.code, error.cause?.code].filter(Boolean).join(" "),
  );
}

describe("serve and connect", () => {
  test("speak with each other, by the name of any host", async () => {
    await using server = await serve({
      accept: (request) => ({ path: request.path, host: request.headers.get("host") }),
      message: (socket, data) => void socket.send(`${socket.data.host}${socket.data.path} ${data}`),
    });
    expect(server.port).toBe(80);
    const socket = await connect("ws://chat.test/room");
    socket.send("hello");
    for await (const message of socket) {
      expect(message).toBe("chat.test/room hello");
      socket.close(1000);
    }
    expect((await socket.closed).statusCode).toBe(1000);
  });

  test("compress", async () => {
    await using server = await serve({ ...echo, compression: true });
    const messages: unknown[] = [];
    const socket = await connect("ws://test/", {
      compression: true,
      message: (_socket, data) => void messages.push(data),
    });
    expect(socket.extensions).toContain("permessage-deflate");
    socket.send("a".repeat(10_000));
    await settle();
    expect(messages).toEqual(["a".repeat(10_000)]);
    expect(server.stats().bytesReceived).toBeLessThan(10_000);
  });

  test("refuse as over TCP", async () => {
    await using server = await serve({ accept: () => refuse(401, "not signed in") });
    await expect(connect("ws://test/")).rejects.toMatchObject({ status: 401 });
    expect(server.clients.size).toBe(0);
  });

  test("the server sees the address of the link, for its limits", async () => {
    await using _server = await serve({ perClient: { connections: 1 } });
    const link = { clientAddress: "203.0.113.7" };
    await connect("ws://test/", {}, link);
    await expect(connect("ws://test/", {}, link)).rejects.toMatchObject({ status: 429 });
    await connect("ws://test/");
  });
});

describe("addresses", () => {
  const nameOf = async (network: Network, url: string) => {
    const socket = await network.connect(url);
    for await (const message of socket) {
      socket.terminate();
      return message;
    }
    return undefined;
  };
  const named = (name: string) => ({
    open: (socket: { send(text: string): unknown }) => void socket.send(name),
  });

  test("a server is found by its port and its name, or has all names", async () => {
    const network = createNetwork();
    const servers = [
      await network.serve(named("any")),
      await network.serve({ ...named("a"), hostname: "a.test" }),
      await network.serve({ ...named("9000"), port: 9000, hostname: "0.0.0.0" }),
      await network.serve({ ...named("local"), port: 9001, hostname: "localhost" }),
      await network.serve({ ...named("unix"), unix: "/run/app.sock" }),
    ];
    const free = await network.serve({ ...named("free"), port: 0 });
    const free2 = await network.serve({ ...named("free 2"), port: 0 });
    expect([free.port, free2.port]).toEqual([49_152, 49_153]);
    for (const [url, name] of [
      ["ws://b.test/", "any"],
      ["ws://a.test/", "a"],
      ["ws://a.test:9000/", "9000"],
      ["ws://127.0.0.1:9001/", "local"],
      ["ws+unix:/run/app.sock:/", "unix"],
      ["ws://test:49153/", "free 2"],
    ]) {
      expect(await nameOf(network, url)).toBe(name);
    }
    expect(await codeOf(network.connect("ws://b.test:9001/"))).toContain("ECONNREFUSED");
    expect(await codeOf(network.connect("ws+unix:/run/other.sock:/"))).toContain("ECONNREFUSED");
    await expect(network.serve({ hostname: "a.test" })).rejects.toMatchObject({
      code: "WS_ERR_LISTEN_FAILED",
      cause: { code: "EADDRINUSE" },
    });
    for (const server of [...servers, free, free2]) await server.close();
    expect(await codeOf(network.connect("ws://a.test/"))).toContain("ECONNREFUSED");
    await (await network.serve({ hostname: "a.test" })).close();
  });

  test("networks know nothing of each other", async () => {
    await using _server = await createNetwork().serve(echo);
    expect(await codeOf(createNetwork().connect("ws://test/"))).toContain("ECONNREFUSED");
  });

  test("the wrong protocol does not reach a server", async () => {
    const network = createNetwork();
    await using _server = await network.serve({ ...echo, port: 443 });
    expect(await codeOf(network.connect("wss://test/"))).toContain("ECONNREFUSED");
    expect(await codeOf(network.connect("ws://test:443/"))).toBe("connected");
  });
});

describe("faults", () => {
  test("stop resets all connections and refuses new ones, until start", async () => {
    const network = createNetwork();
    await using server = await network.serve(echo);
    const socket = await network.connect("ws://test/");
    expect(network.links.length).toBe(1);
    network.stop();
    expect(await socket.closed).toMatchObject({ statusCode: 1006, wasClean: false });
    expect(await codeOf(network.connect("ws://test/"))).toContain("ECONNREFUSED");
    await settle();
    expect([server.clients.size, network.links.length]).toEqual([0, 0]);
    network.start();
    expect(await codeOf(network.connect("ws://test/"))).toBe("connected");
  });

  test("a connection takes its round trip to open, and one more for the handshake", async () => {
    clock = TestClock.install();
    const link = { toServer: { latency: 30 }, toClient: { latency: 20 } };
    const network = createNetwork({ link });
    await using server = await network.serve(echo);
    let isOpen = false;
    const connecting = network.connect("ws://test/").then((socket) => {
      isOpen = true;
      return socket;
    });
    await clock.advance(99);
    expect(isOpen).toBe(false);
    await clock.advance(1);
    expect(isOpen).toBe(true);
    (await connecting).terminate();
    await clock.advance(100);
    expect(server.clients.size).toBe(0);
  });

  test("a server that is never reached fails by the handshake timeout", async () => {
    clock = TestClock.install();
    const link = { toServer: { cut: { after: 0, kind: "silence" as const } } };
    const network = createNetwork({ link });
    await using _server = await network.serve(echo);
    const failed = codeOf(network.connect("ws://test/", { handshakeTimeout: 1_000 }));
    await clock.advance(1_000);
    expect(await failed).toBe("WS_ERR_HANDSHAKE_TIMEOUT");
    const slow = codeOf(
      network.connect("ws://test/", { handshakeTimeout: 50 }, { toServer: { latency: 100 } }),
    );
    await clock.advance(50);
    expect(await slow).toBe("WS_ERR_HANDSHAKE_TIMEOUT");
  });
});

describe("dial", () => {
  test("connects a peer that sends any bytes", async () => {
    const network = createNetwork();
    await using _server = await network.serve(echo);
    const peer = network.dial("ws://test/");
    peer.send(upgradeRequest());
    await settle();
    expect(peer.text).toMatch(/^HTTP\/1.1 101 /);
    peer.take();
    // An unmasked frame (RFC 6455 section 5.1).
    peer.send([0x81, 0x01, 0x61]);
    await settle();
    expect(peer.take().slice(0, 4)).toEqual([0x88, expect.any(Number), 0x03, 0xea]);
    peer.transport.destroy();
    expect(() => createNetwork().dial("ws://test/")).toThrow("the connection was refused");
  });
});
