import { inspect } from "node:util";
import type { ConnectOptions, HandshakeError } from "@framewright/websocket";
import { connectWith, type TransportTarget } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import { isWholeOn } from "../../../../../test-depth.ts";
import { memoryPipe, RawPeer, settle } from "../../memory-transport.ts";

const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await settle();
});

/** A pipe whose ends both have a listener. */
function pipe() {
  const [client, server] = memoryPipe();
  new RawPeer(client);
  ends.push(() => server.destroy());
  return { client, peer: new RawPeer(server) };
}

/** Starts to connect through a proxy, which is the test. */
async function dial(proxy: ConnectOptions["proxy"], options: ConnectOptions = {}, url?: string) {
  const { client, peer } = pipe();
  const targets: TransportTarget[] = [];
  const socket = connectWith(
    url ?? "ws://a.example:8080/x",
    { ...options, proxy: proxy as string },
    async (target, progress) => {
      targets.push(target);
      progress.opened(client);
    },
  );
  let outcome: HandshakeError | undefined;
  socket.catch((error) => {
    outcome = error;
  });
  while (targets.length === 0 && outcome === undefined) await settle();
  await settle();
  return { client, peer, socket, targets, error: () => outcome as HandshakeError };
}

const http = "http://user:secret@proxy.example:3128";
const socks = "socks5://user:secret@proxy.example";
const success = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

describe("the tunnel", () => {
  test("of an HTTP proxy leads to the server", async () => {
    const { peer, targets } = await dial(http);
    expect(targets).toMatchObject([
      { host: "proxy.example", url: { secure: false, hostname: "proxy.example", port: 3128 } },
    ]);
    expect(peer.text).toMatch(/^CONNECT a\.example:8080 HTTP\/1\.1\r\n/);
    expect(peer.text).not.toContain("GET");
    peer.take();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    await settle();
    expect(peer.text).toMatch(/^GET \/x HTTP\/1\.1\r\nHost: a\.example:8080\r\n/);
    expect(peer.text.toLowerCase()).not.toContain("proxy-");
  });

  test("of a SOCKS proxy leads to the server", async () => {
    const { peer } = await dial(socks);
    for (const answer of [[5, 2], [1, 0], success]) {
      peer.take();
      peer.send(answer);
      await settle();
    }
    expect(peer.text).toMatch(/^GET \/x HTTP\/1\.1\r\n/);
  });

  test.each([1, 7, 1_000])(
    "keeps bytes of the server in the same chunk, in pieces of %i",
    async (length) => {
      const { peer, error } = await dial(http);
      const bytes = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbody";
      for (let at = 0; at < bytes.length; at += length) peer.send(bytes.slice(at, at + length));
      await settle();
      expect(error()).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", status: 503 });
      expect(error().bodyText).toBe("body");
    },
  );

  test("waits for the request to be written", async () => {
    const { client, peer } = pipe();
    client.capacity = 10;
    const open = async (_target: unknown, progress: { opened(transport: typeof client): void }) =>
      progress.opened(client);
    const socket = connectWith("ws://a/", { proxy: "http://p" }, open);
    socket.catch(() => {});
    while (peer.text === "") await settle();
    expect(peer.text).toBe("CONNECT a:");
    client.allow(20);
    await settle();
    expect(peer.text).toBe("CONNECT a:80 HTTP/1.1\r\nHost: a");
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const message = "the proxy's answer: it came before the request was sent";
    await expect(socket).rejects.toMatchObject({
      code: "WS_ERR_PROXY_INVALID_RESPONSE",
      message: `${message} (WS_ERR_PROXY_INVALID_RESPONSE)`,
    });
    expect(client.destroyed).toBe(true);
  });
});

describe("a proxy that refuses or attacks", () => {
  const head = "HTTP/1.1 403 No\r\nLocation: ws://evil.example/\r\n";
  test.each([
    [http, [`${head}Content-Length: 2\r\n\r\nno`], "REFUSED", 403],
    [
      http,
      ["HTTP/1.1 302 Found\r\nLocation: ws://b/\r\nContent-Length: 0\r\n\r\n"],
      "REFUSED",
      302,
    ],
    [http, ["HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"], "AUTHENTICATION", 407],
    [http, ["a".repeat(10_000), "a".repeat(10_000)], "INVALID_RESPONSE", 0],
    [http, ["\x05\xff"], "INVALID_RESPONSE", 0],
    [http, [`${head}\r\n`, "x".repeat(40_000), "x".repeat(40_000)], "REFUSED", 403],
    [socks, [[5, 255]], "AUTHENTICATION", 0],
    [socks, [[4, 0]], "INVALID_RESPONSE", 0],
    [
      socks,
      [
        [5, 0],
        [5, 2, 0],
      ],
      "REFUSED",
      0,
    ],
    [
      socks,
      [
        [5, 2],
        [1, 1],
      ],
      "AUTHENTICATION",
      0,
    ],
    [
      socks,
      [
        [5, 0],
        [5, 4, 0, 3, 255],
      ],
      "REFUSED",
      0,
    ],
  ] as const)("%s: answer %# is one error", async (proxy, answers, code, status) => {
    const { client, peer, error } = await dial(proxy, { redirects: 5 });
    for (const answer of answers) {
      peer.send(answer);
      await settle();
    }
    const place = { step: "proxy", url: "ws://a.example:8080/x" };
    expect(error()).toMatchObject({ code: `WS_ERR_PROXY_${code}`, status, ...place });
    expect(client.destroyed).toBe(true);
    expect(inspect(error(), { depth: 9 })).not.toContain("secret");
    if (status === 403) expect(error().body?.length).toBeGreaterThan(1);
  });

  test.each([
    [http, "HTTP/1.1 200 OK\r\n\r"],
    [socks, "\x05\x00"],
    [http, ""],
    [socks, ""],
  ])("%s: ending after %j is one error", async (proxy, bytes) => {
    const { client, peer, error } = await dial(proxy);
    peer.send(bytes);
    await settle();
    expect(error()).toBeUndefined();
    peer.transport.shutdown();
    await settle();
    expect(error()).toMatchObject({ code: "WS_ERR_PROXY_INCOMPLETE", step: "proxy" });
    expect(client.destroyed).toBe(true);
  });

  // It takes that second.
  test.runIf(isWholeOn(runtime))("a body that never ends is waited for for a second", async () => {
    const { peer, socket } = await dial(http, { handshakeTimeout: 60_000 });
    peer.send("HTTP/1.1 500 No\r\n\r\npart");
    const error = await socket.catch((reason) => reason);
    expect(error).toMatchObject({ code: "WS_ERR_PROXY_REFUSED", status: 500 });
    expect(error.bodyText).toBe("part");
  });

  test.each<NonNullable<ConnectOptions["handshakeTimeout"]>>([
    200,
    { proxy: 30 },
    { total: 200, proxy: 9_000 },
  ])("silence ends with the handshake timeout %j", async (handshakeTimeout) => {
    const { client, socket } = await dial(http, { handshakeTimeout });
    const message =
      "the opening handshake took too long: the proxy has not connected to the server";
    const code = "WS_ERR_HANDSHAKE_TIMEOUT";
    await expect(socket).rejects.toMatchObject({
      code,
      step: "proxy",
      message: `${message} (${code})`,
    });
    expect(client.destroyed).toBe(true);
  });
});

describe("the attempt", () => {
  test("is stopped by its signal, and the transport with it", async () => {
    const abort = new AbortController();
    const { client, peer, socket } = await dial(http, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(socket).rejects.toThrow("enough");
    expect(client.destroyed).toBe(true);
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    await settle();
    expect(peer.text).not.toContain("GET");
  });

  test("does not start if its signal is aborted", async () => {
    const { targets, socket } = await dial(http, { signal: AbortSignal.abort(new Error("no")) });
    await expect(socket).rejects.toThrow("no");
    expect(targets).toEqual([]);
  });

  test("looks up the proxy's name, not the server's", async () => {
    const names: string[] = [];
    const lookup = async (hostname: string) => {
      names.push(hostname);
      return "192.0.2.9";
    };
    const { targets } = await dial(http, { lookup });
    expect(names).toEqual(["proxy.example"]);
    expect(targets).toMatchObject([{ host: "192.0.2.9", url: { hostname: "proxy.example" } }]);
    await dial("http://127.0.0.1", { lookup }, "ws://b.example/");
    expect(names.length).toBe(1);
  });

  test("uses HTTP/1.1 with the option http2", async () => {
    const { client } = pipe();
    let isOpened = false;
    const open = async (_target: unknown, progress: { opened(transport: typeof client): void }) => {
      isOpened = true;
      progress.opened(client);
    };
    const support = { http2: () => expect.fail("HTTP/2 was used") };
    const options = { proxy: "http://p", http2: true, handshakeTimeout: 90 };
    const socket = connectWith("ws://a/", options, open, support as never);
    await expect(socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
    expect(isOpened).toBe(true);
  });

  test("fails for wss: without node:tls, before it connects", async () => {
    const { socket, targets } = await dial(http, {}, "wss://a.example/");
    const message = "cannot connect to a.example port 443: TLS through a proxy needs node:tls";
    await expect(socket).rejects.toMatchObject({
      code: "WS_ERR_CONNECT_FAILED",
      message: `${message} (WS_ERR_CONNECT_FAILED)`,
    });
    expect(targets).toEqual([]);
  });

  test("fails for a host name that SOCKS cannot carry", async () => {
    const { socket, targets } = await dial(socks, {}, `ws://${"a".repeat(256)}/`);
    const message =
      /SOCKS takes at most 255 bytes of host name, got 256 \(WS_ERR_CONNECT_FAILED\)$/;
    await expect(socket).rejects.toThrow(message);
    expect(targets).toEqual([]);
  });

  test("ends if the proxy cannot be reached", async () => {
    const cause = new Error("refused");
    const open = () => Promise.reject(cause);
    await expect(connectWith("ws://a/", { proxy: http }, open)).rejects.toMatchObject({
      code: "WS_ERR_PROXY_CONNECT_FAILED",
      step: "proxy",
      message:
        "cannot connect to the proxy proxy.example port 3128: refused (WS_ERR_PROXY_CONNECT_FAILED)",
      cause,
    });
  });
});
