import { type IncomingRequest, refuse } from "@framewright/websocket";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, unmaskedFrame, upgradeRequest } from "../memory-transport.ts";

/** Sends a request on a new connection and returns the response. */
async function ask(options: Parameters<typeof memoryServer<unknown>>[0], request: string) {
  const { dial, server } = await memoryServer<unknown>(options);
  const { peer } = dial();
  peer.send(request);
  await settle();
  const [head, ...body] = peer.text.split("\r\n\r\n");
  const [statusLine, ...headers] = head.split("\r\n");
  return { statusLine, headers, body: body.join("\r\n\r\n"), ended: peer.hasEnded, server, peer };
}

const get = (target: string, method = "GET") =>
  `${method} ${target} HTTP/1.1\r\nHost: server.example.com\r\n\r\n`;

describe("plain HTTP", () => {
  test("426 without an http handler", async () => {
    const { statusLine, headers, body, ended } = await ask({}, get("/"));
    expect(statusLine).toBe("HTTP/1.1 426 Upgrade Required");
    expect(headers).toContain("Upgrade: websocket");
    expect(headers).toContain("Connection: close");
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(ended).toBe(true);
  });

  test("the http handler responds, also asynchronously", async () => {
    for (const wrap of [<T>(value: T) => value, <T>(value: T) => Promise.resolve(value)]) {
      const { statusLine, headers, body, ended } = await ask(
        {
          http: (request) =>
            wrap({
              status: 200,
              headers: { "content-type": "text/html" },
              body: `<p>${request.path} é`,
            }),
        },
        get("/page?x=1"),
      );
      expect(statusLine).toBe("HTTP/1.1 200 OK");
      expect(headers).toContain("content-type: text/html");
      expect(headers).toContain("Content-Length: 11");
      expect(body).toBe("<p>/page \xc3\xa9");
      expect(ended).toBe(true);
    }
  });

  test("HEAD gets no body", async () => {
    const { headers, body } = await ask(
      { http: () => ({ status: 200, body: "abc" }) },
      get("/", "HEAD"),
    );
    expect(headers).toContain("Content-Length: 3");
    expect(body).toBe("");
  });

  test("a handler that throws, rejects or returns nonsense: 500 without details, and the error is reported", async () => {
    const failures = [
      () => {
        throw new Error("secret");
      },
      () => Promise.reject(new Error("secret")),
      () => ({ status: 99 }),
      () => ({ status: 200, headers: { "x-bad": "a\r\nb: c" } }),
    ];
    for (const http of failures) {
      const errors: unknown[] = [];
      const { statusLine, body } = await ask(
        { http, error: (error) => void errors.push(error) },
        get("/"),
      );
      expect(statusLine).toBe("HTTP/1.1 500 Internal Server Error");
      expect(body).toBe("internal server error\n");
      expect(errors.length).toBe(1);
    }
  });

  test("a large body is sent as the transport accepts it", async () => {
    const { dial } = await memoryServer({
      http: () => ({ status: 200, body: "x".repeat(200_000) }),
    });
    const { peer, transport } = dial();
    transport.capacity = 100;
    peer.send(get("/"));
    await settle();
    expect([peer.received.length, peer.hasEnded]).toEqual([100, false]);
    transport.allow(1_000_000);
    await settle();
    expect(peer.text.endsWith("x".repeat(200_000))).toBe(true);
    expect(peer.hasEnded).toBe(true);
  });

  test("a large body may take longer than the close timeout while the client keeps reading", async () => {
    const { dial } = await memoryServer({
      closeTimeout: 30,
      http: () => ({ status: 200, body: "x".repeat(400_000) }),
    });
    const { peer, transport } = dial();
    transport.capacity = 100;
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    peer.send(get("/"));
    for (let i = 0; i < 40; i++) {
      await vi.advanceTimersByTimeAsync(29);
      transport.allow(5_000);
    }
    expect(transport.destroyed).toBe(false);
    transport.allow(1_000_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(peer.text.endsWith("x".repeat(400_000))).toBe(true);
    expect(peer.hasEnded).toBe(true);
  });

  test("a client that does not read its response is disconnected after the close timeout", async () => {
    const { dial } = await memoryServer({
      closeTimeout: 20,
      http: () => ({ status: 200, body: "x".repeat(400_000) }),
    });
    const { peer, transport } = dial();
    transport.capacity = 100;
    peer.send(get("/"));
    while (!transport.destroyed) await settle();
    expect(peer.received.length).toBe(100);
  });
});

describe("the opening handshake", () => {
  test("RFC 6455 section 1.3's example", async () => {
    const { statusLine, headers, ended } = await ask(
      { subprotocols: ["superchat", "chat"] },
      upgradeRequest(
        "/chat",
        "Origin: http://example.com",
        "Sec-WebSocket-Protocol: chat, superchat",
      ),
    );
    expect(statusLine).toBe("HTTP/1.1 101 Switching Protocols");
    expect(headers).toEqual([
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      "Sec-WebSocket-Protocol: chat",
    ]);
    expect(ended).toBe(false);
  });

  test("invalid requests get their status and one line of plain text", async () => {
    const good = upgradeRequest();
    const cases: [string, number][] = [
      [good.replace("GET", "POST"), 405],
      [good.replace("Version: 13", "Version: 8"), 426],
      [good.replace("Connection: Upgrade", "Connection: close"), 400],
      [good.replace("dGhl", "dGh"), 400],
      [good.replace("Host:", "Host :"), 400],
      [good.replace("\r\nHost", "\nHost"), 400],
      [good.replace("HTTP/1.1", "HTTP/1.0"), 505],
      [upgradeRequest("/", `X: ${"x".repeat(20_000)}`), 431],
      [upgradeRequest("/", ...Array(101).fill("X: y")), 431],
    ];
    for (const [request, status] of cases) {
      const { statusLine, body, ended, headers } = await ask({}, request);
      expect(statusLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(body).toMatch(/^[^\n]+\n$/);
      expect(headers).toContain("Content-Type: text/plain; charset=utf-8");
      expect(ended).toBe(true);
    }
  });

  test("accept sees the request", async () => {
    let seen: IncomingRequest | undefined;
    await ask(
      {
        accept(request) {
          seen = request;
        },
      },
      upgradeRequest("/room/1?name=x", "Origin: http://example.com", "Cookie: a=1; b = 2"),
    );
    expect(seen).toMatchObject({
      method: "GET",
      target: "/room/1?name=x",
      path: "/room/1",
      query: "name=x",
      origin: "http://example.com",
      remoteAddress: "192.0.2.1",
    });
    expect([...(seen?.cookies ?? [])]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  test("accept may refuse, also asynchronously", async () => {
    for (const wrap of [<T>(value: T) => value, <T>(value: T) => Promise.resolve(value)]) {
      const { statusLine, headers, body, server } = await ask(
        { accept: () => wrap(refuse(404, "no such room", { "x-hint": "try /room" })) },
        upgradeRequest("/elsewhere"),
      );
      expect(statusLine).toBe("HTTP/1.1 404 Not Found");
      expect(headers).toContain("x-hint: try /room");
      expect(body).toBe("no such room\n");
      expect(server.clients.size).toBe(0);
    }
  });

  test("the result of accept becomes the socket's data, and messages wait for it", async () => {
    const events: unknown[] = [];
    let decide: (data: { name: string }) => void = () => {};
    const { dial } = await memoryServer<{ name: string }>({
      accept: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
      open: (socket) => void events.push(["open", socket.data.name]),
      message: (socket, data) => void events.push([data, socket.data.name]),
    });
    const { peer } = dial();
    const request = [...new TextEncoder().encode(upgradeRequest())];
    peer.send([...request, ...maskedFrame(1, "a")]);
    await settle();
    peer.send(maskedFrame(1, "b"));
    await settle();
    expect([events, peer.text]).toEqual([[], ""]);
    decide({ name: "x" });
    await settle();
    expect(events).toEqual([
      ["open", "x"],
      ["a", "x"],
      ["b", "x"],
    ]);
  });

  test("bytes that arrive after the pause are not read as a request", async () => {
    const messages: unknown[] = [];
    let decide: () => void = () => {};
    let asked = 0;
    const { dial } = await memoryServer({
      accept: () =>
        new Promise<undefined>((resolve) => {
          asked++;
          decide = () => resolve(undefined);
        }),
      message: (_socket, data) => void messages.push(data),
    });
    const { peer, transport } = dial();
    peer.send([...new TextEncoder().encode(upgradeRequest()), ...maskedFrame(1, "a")]);
    await settle();
    const [first, ...others] = maskedFrame(1, "b");
    transport.listener.receive(Uint8Array.from([first]));
    transport.listener.receive(Uint8Array.from(others));
    decide();
    await settle();
    expect([asked, messages]).toEqual([1, ["a", "b"]]);
  });

  test("accept that throws or rejects: 500, and the error is reported", async () => {
    const failure = new Error("database is down");
    for (const accept of [
      () => {
        throw failure;
      },
      () => Promise.reject(failure),
    ]) {
      const errors: unknown[] = [];
      const { statusLine } = await ask(
        { accept, error: (error) => void errors.push(error) },
        upgradeRequest(),
      );
      expect(statusLine).toMatch(/ 500 /);
      expect(errors).toEqual([failure]);
    }
  });

  test("a client that disconnects while accept decides opens no socket", async () => {
    let decide: () => void = () => {};
    let opened = 0;
    const { dial, server } = await memoryServer({
      accept: () =>
        new Promise<undefined>((resolve) => {
          decide = () => resolve(undefined);
        }),
      open() {
        opened++;
      },
    });
    const { peer, transport } = dial();
    peer.send(upgradeRequest());
    await settle();
    transport.listener.failed(new Error("reset"));
    decide();
    await settle();
    expect([opened, server.clients.size]).toEqual([0, 0]);
  });

  test("bytes after a refusal are not read as a request", async () => {
    let asked = 0;
    const { dial, server } = await memoryServer({
      accept() {
        asked++;
        return refuse(403);
      },
    });
    const { peer, transport } = dial();
    peer.send(upgradeRequest());
    await settle();
    const answer = peer.text;
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    // Neither a whole request nor one in two pieces.
    for (const piece of [upgradeRequest(), upgradeRequest().slice(0, 20), "x\r\n\r\n"]) {
      peer.send(piece);
      await settle();
    }
    expect([asked, peer.text, server.clients.size]).toEqual([1, answer, 0]);
    peer.transport.shutdown();
    await settle();
    expect(transport.destroyed || transport.outputEnded).toBe(true);
  });

  test("a slow request: 408, then disconnected after the close timeout", async () => {
    const { dial } = await memoryServer({ handshakeTimeout: 10, closeTimeout: 10 });
    const { peer, transport } = dial();
    peer.send("GET / HTTP/1.1\r\n");
    while (!transport.destroyed) await settle();
    expect(peer.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(peer.hasEnded).toBe(true);
  });

  test("a client that ends before its request is complete is disconnected", async () => {
    const { dial } = await memoryServer({});
    const { peer, transport } = dial();
    peer.send("GET / HT");
    peer.transport.shutdown();
    await settle();
    expect([transport.destroyed, peer.text]).toEqual([true, ""]);
  });
});

describe("server.close", () => {
  test("stops listening, closes clients with 1001 or the given code, and waits for them", async () => {
    for (const [options, payload] of [
      [undefined, [0x03, 0xe9]],
      [{ statusCode: 1012, reason: "b" }, [0x03, 0xf4, 0x62]],
    ] as const) {
      const { server, open, listening, dial } = await memoryServer({});
      const { peer } = await open();
      const waiting = dial();
      let closed = false;
      const closing = server.close(options).then(() => {
        closed = true;
      });
      await settle();
      expect([listening(), waiting.transport.destroyed, closed]).toEqual([false, true, false]);
      expect(peer.take()).toEqual(unmaskedFrame(8, payload));
      peer.send(maskedFrame(8, payload));
      peer.transport.shutdown();
      await closing;
      expect(server.clients.size).toBe(0);
    }
  });

  test("disconnects clients that do not answer within its timeout", async () => {
    const { server, open } = await memoryServer({});
    const { transport } = await open();
    await server.close({ timeout: 10 });
    expect(transport.destroyed).toBe(true);
  });

  test("refuses invalid arguments and keeps listening", async () => {
    const { server, listening } = await memoryServer({});
    await expect(server.close({ statusCode: 1006 })).rejects.toThrow(RangeError);
    await expect(server.close({ timeout: -1 })).rejects.toThrow(RangeError);
    expect(listening()).toBe(true);
  });
});
