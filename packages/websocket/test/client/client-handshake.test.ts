import type { AnyConnectOptions, HandshakeError, Socket } from "@framewright/websocket";
import { connectWith } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import { memoryPipe, RawPeer, settle, unmaskedFrame } from "../memory-transport.ts";

/** Closes connections after a test. A connecting one would delay the next one to its host. */
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await settle();
});

/** Starts to connect. The test is the server. */
async function dial<Data>(url: string, options: AnyConnectOptions<Data> = {}) {
  const [client, server] = memoryPipe();
  const peer = new RawPeer(server);
  ends.push(() => server.destroy());
  const socket = connectWith(url, options, async (_target, progress) => progress.opened(client));
  socket.catch(() => {});
  await settle();
  return { client, peer, socket };
}

function fail(): never {
  throw new Error("the connection was opened");
}

/** The accept key for a request (RFC 6455 section 4.2.2), computed with the platform's SHA-1. */
async function acceptKey(request: string): Promise<string> {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(request)?.[1].trim();
  const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-1", bytes))));
}

async function answer(peer: RawPeer, ...lines: string[]): Promise<string> {
  const accept = await acceptKey(peer.text);
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: WebSocket",
    "Connection: keep-alive, upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
    "",
    "",
  ].join("\r\n");
}

test("the request meets section 4.1", async () => {
  const { peer } = await dial("ws://me:s%C3%A9cret@example.com:8080/room?x=1", {
    subprotocols: ["chat", "superchat"],
    headers: { "X-Token": "abc", Cookie: ["a=1", "b=2"] },
  });
  const lines = peer.text.split("\r\n");
  const key = lines.findIndex((line) => line.startsWith("Sec-WebSocket-Key: "));
  expect(lines[key]).toMatch(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==$/);
  lines.splice(key, 1);
  expect(lines).toEqual([
    "GET /room?x=1 HTTP/1.1",
    "Host: example.com:8080",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: chat, superchat",
    "Authorization: Basic bWU6c8OpY3JldA==",
    "X-Token: abc",
    "Cookie: a=1",
    "Cookie: b=2",
    "",
    "",
  ]);
});

test("messages in the same chunk as the response are delivered, and sent frames are masked", async () => {
  const { peer, socket } = await dial("ws://example.com/");
  const head = [...new TextEncoder().encode(await answer(peer))];
  peer.take();
  peer.send([...head, ...unmaskedFrame(1, "one"), ...unmaskedFrame(2, [1])]);
  const opened = await socket;
  const iterator = opened[Symbol.asyncIterator]();
  expect(await iterator.next()).toEqual({ value: "one", done: false });
  expect(await iterator.next()).toEqual({ value: new Uint8Array([1]), done: false });
  opened.send("hi");
  await settle();
  const [byte0, byte1, k0, k1, k2, k3, ...payload] = peer.take();
  expect([byte0, byte1]).toEqual([0x81, 0x82]);
  expect(payload.map((byte, i) => byte ^ [k0, k1, k2, k3][i % 4])).toEqual([0x68, 0x69]);
});

describe("for await", () => {
  async function connected(options: AnyConnectOptions = {}) {
    const { peer, client, socket } = await dial("ws://example.com/", {
      closeTimeout: 10_000,
      ...options,
    });
    peer.send(await answer(peer));
    peer.take();
    return { peer, client, socket: await socket };
  }
  const close = unmaskedFrame(8, [0x03, 0xe8]);

  test("ends with the connection, after the last message", async () => {
    const { peer, socket } = await connected();
    peer.send([...unmaskedFrame(1, "a"), ...unmaskedFrame(1, "b"), ...close]);
    peer.transport.shutdown();
    const messages: unknown[] = [];
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual(["a", "b"]);
    expect(await socket.closed).toMatchObject({ statusCode: 1000, wasClean: true });
  });

  test("the client waits for the server to end the stream", async () => {
    const { peer, socket, client } = await connected();
    peer.send(close);
    await settle();
    expect([client.outputEnded, socket.readyState]).toEqual([false, "closing"]);
    peer.transport.shutdown();
    await settle();
    expect([client.outputEnded, socket.readyState]).toEqual([true, "closed"]);
  });

  test("the client does not wait if it fails the connection (section 7.1.7)", async () => {
    const { peer, socket, client } = await connected({ closeTimeout: 60_000 });
    peer.send(unmaskedFrame(3));
    await settle();
    expect(peer.take().slice(0, 1)).toEqual([0x88]);
    expect([client.outputEnded, peer.hasEnded, socket.readyState]).toEqual([true, true, "closing"]);
    peer.transport.shutdown();
    expect(await socket.closed).toMatchObject({ statusCode: 1002, wasClean: false });
  });

  test("a loop that pauses makes the transport pause, and no message is lost", async () => {
    const { peer, client, socket } = await connected();
    const payload = Array(100).fill(1);
    for (let i = 0; i < 2_000; i++) peer.send(unmaskedFrame(2, [i >>> 8, i & 0xff, ...payload]));
    await settle();
    expect(client.paused).toBe(true);
    peer.send(close);
    peer.transport.shutdown();
    const numbers: number[] = [];
    for await (const message of socket) {
      if (typeof message !== "string") numbers.push((message[0] << 8) | message[1]);
    }
    expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
  });

  test("leaving the loop loses no message and does not close the socket", async () => {
    const { peer, socket } = await connected();
    peer.send([...unmaskedFrame(1, "a"), ...unmaskedFrame(1, "b")]);
    for await (const message of socket) {
      expect(message).toBe("a");
      break;
    }
    for await (const message of socket) {
      expect(message).toBe("b");
      break;
    }
    expect(socket.readyState).toBe("open");
  });

  test("a closing handshake started by us completes even if no messages are read", async () => {
    const { peer, socket } = await connected();
    for (let i = 0; i < 1_000; i++) peer.send(unmaskedFrame(2, Array(120).fill(i & 0xff)));
    await settle();
    socket.close(1000);
    peer.send(close);
    peer.transport.shutdown();
    expect(await socket.closed).toMatchObject({ statusCode: 1000, wasClean: true });
  });

  test("is refused if there is a message handler", async () => {
    const { socket } = await connected({ message() {} });
    expect(() => socket[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: "WS_ERR_INVALID_STATE" }),
    );
  });
});

describe("refused responses", () => {
  const refused = async (
    change: (good: string) => string,
    options: AnyConnectOptions = {},
  ): Promise<object> => {
    const { peer, socket, client } = await dial("ws://example.com/", options);
    peer.send(change(await answer(peer)));
    const error = await socket.then(
      () => new Error("it connected"),
      (reason: Error) => reason,
    );
    expect(client.destroyed).toBe(true);
    return error;
  };

  test("each invalid response has its code", async () => {
    const cases: [(good: string) => string, string, number][] = [
      [
        (good) => good.replace("101 Switching Protocols", "404 Not Found\r\nContent-Length: 0"),
        "WS_ERR_UNEXPECTED_RESPONSE",
        404,
      ],
      [(good) => good.replace("HTTP/1.1", "HTTP/2"), "WS_ERR_INVALID_HTTP", 0],
      [(good) => good.replace("Upgrade: W", "Downgrade: W"), "WS_ERR_INVALID_UPGRADE", 101],
      [(good) => good.replace("upgrade\r", "x\r"), "WS_ERR_INVALID_UPGRADE", 101],
      [(good) => good.replace(/Accept: ./, "Accept: !"), "WS_ERR_INVALID_ACCEPT", 101],
      [
        (good) => good.replace("Upgrade", "Sec-WebSocket-Protocol: x\r\nUpgrade"),
        "WS_ERR_INVALID_SUBPROTOCOL",
        101,
      ],
      [
        (good) => good.replace("Upgrade", "Sec-WebSocket-Extensions: x\r\nUpgrade"),
        "WS_ERR_INVALID_EXTENSION",
        101,
      ],
      [() => "\x00\x01\x02", "WS_ERR_INVALID_HTTP", 0],
    ];
    for (const [change, code, httpStatus] of cases) {
      expect(await refused(change)).toMatchObject({ name: "HandshakeError", code, httpStatus });
    }
  });

  test("the stream ends before the response", async () => {
    const { peer, socket } = await dial("ws://example.com/");
    peer.send("HTTP/1.1 101");
    peer.transport.shutdown();
    await expect(socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_INCOMPLETE" });
  });

  test("a refusal without the end of its body fails soon, with the received part", async () => {
    const { peer, socket } = await dial("ws://slow.example/", { handshakeTimeout: 60_000 });
    peer.send("HTTP/1.1 503 Busy\r\nRetry-After: 9\r\n\r\ncome ");
    await settle();
    peer.send("back");
    const error: HandshakeError = await socket.then(fail, (error) => error);
    expect(error).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", httpStatus: 503 });
    expect(new TextDecoder().decode(error.body)).toBe("come back");
    expect(error.headers?.get("retry-after")).toBe("9");
  });

  test("a refusal, with its status, headers and body", async () => {
    const { peer, socket, client } = await dial("ws://example.com/");
    peer.send("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nnot ");
    await settle();
    expect(client.destroyed).toBe(false);
    peer.send("today");
    const error: HandshakeError = await socket.then(fail, (error) => error);
    expect(error).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", httpStatus: 503 });
    expect(error.headers?.get("retry-after")).toBe("7");
    expect(new TextDecoder().decode(error.body)).toBe("not today");
    expect(client.destroyed).toBe(true);
  });

  test.each([
    ["ends", 10_000, (peer: RawPeer) => peer.transport.shutdown()],
    ["does not end within the handshake timeout", 300, () => {}],
  ])("a refusal whose body %s, with the received part", async (_, handshakeTimeout, end) => {
    const { peer, socket } = await dial("ws://example.com/", { handshakeTimeout });
    peer.send("HTTP/1.1 404 Not Found\r\n\r\nno such ");
    end(peer);
    const error: HandshakeError = await socket.then(fail, (error) => error);
    expect(error).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", httpStatus: 404 });
    expect(new TextDecoder().decode(error.body)).toBe("no such ");
  });

  test("no response within the handshake timeout", async () => {
    const { socket, client } = await dial("ws://example.com/", { handshakeTimeout: 10 });
    await expect(socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
    expect(client.destroyed).toBe(true);
  });

  test("a transport that opens after the handshake timeout is destroyed unused", async () => {
    const [client, server] = memoryPipe();
    const peer = new RawPeer(server);
    let open: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      open = resolve;
    });
    const socket = connectWith("ws://example.com/", { handshakeTimeout: 10 }, (_target, progress) =>
      late.then(() => progress.opened(client)),
    );
    await expect(socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
    open();
    await settle();
    expect([client.destroyed, peer.text]).toEqual([true, ""]);
  });

  test("no transport within the handshake timeout", async () => {
    let aborted = false;
    const socket = connectWith(
      "ws://example.com/",
      { handshakeTimeout: 10 },
      (_target, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
    );
    await expect(socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
    expect(aborted).toBe(true);
  });

  test("the transport cannot be opened", async () => {
    const cause = new Error("refused");
    const socket = connectWith("ws://[::1]:81/", {}, () => Promise.reject(cause));
    await expect(socket).rejects.toMatchObject({
      code: "WS_ERR_CONNECT_FAILED",
      message: "cannot connect to ::1 port 81: refused (WS_ERR_CONNECT_FAILED)",
      cause,
    });
  });
});

test("the socket has the chosen subprotocol and the data", async () => {
  const events: unknown[] = [];
  const { peer, socket } = await dial("ws://example.com/", {
    subprotocols: ["chat"],
    data: { id: 7 },
    open: (opened: Socket<{ id: number }>) => void events.push(opened.data.id),
    message: (opened: Socket<{ id: number }>, data) => void events.push([opened.data.id, data]),
  });
  peer.send(await answer(peer, "Sec-WebSocket-Protocol: chat"), unmaskedFrame(1, "x"));
  expect((await socket).subprotocol).toBe("chat");
  await settle();
  expect(events).toEqual([7, [7, "x"]]);
});

describe("connections to one host and port (section 4.1)", () => {
  /** Starts to connect and records the transports that were requested. */
  function dialer() {
    const asked: string[] = [];
    const transports: { open(): RawPeer; connected(): void; reject(error: Error): void }[] = [];
    const start = (url: string, options: AnyConnectOptions = {}) => {
      const socket = connectWith(url, options, ({ url: target }, progress) => {
        asked.push(target.socketPath || `${target.hostname}:${target.port}${target.target}`);
        return new Promise((_, reject) => {
          ends.push(() => reject(new Error("the test is over")));
          const open = () => {
            const [client, server] = memoryPipe();
            ends.push(() => server.destroy());
            progress.opened(client);
            return new RawPeer(server);
          };
          transports.push({ open, connected: () => progress.reached("tls"), reject });
        });
      });
      socket.catch(() => {});
      return socket;
    };
    return { asked, transports, start };
  }

  test("until the host answers, one connection at a time is being opened", async () => {
    const { asked, transports, start } = dialer();
    const sockets = [1, 2, 3].map((n) => start(`ws://example.com/${n}`));
    expect(asked).toEqual(["example.com:80/1"]);
    for (const [index, socket] of sockets.slice(0, 2).entries()) {
      transports[index].reject(new Error("refused"));
      await expect(socket).rejects.toMatchObject({ code: "WS_ERR_CONNECT_FAILED" });
      expect(asked.length).toBe(index + 2);
    }
    const peer = transports[2].open();
    await settle();
    expect(peer.text).toMatch("GET /3 HTTP/1.1");
    peer.send(await answer(peer));
    await sockets[2];
  });

  test("when the host has answered, the others start before the server accepts", async () => {
    const { asked, transports, start } = dialer();
    for (let n = 1; n <= 100; n++) start(`ws://example.com/${n}`);
    expect(asked).toEqual(["example.com:80/1"]);
    transports[0].open();
    expect(asked).toEqual(Array.from({ length: 100 }, (_, n) => `example.com:80/${n + 1}`));
  });

  test("with TLS, TCP's answer is enough", async () => {
    const { asked, transports, start } = dialer();
    for (let n = 1; n <= 3; n++) start(`wss://example.com/${n}`);
    transports[0].connected();
    expect(asked.length).toBe(3);
  });

  test("at most `concurrentConnects` are not answered", async () => {
    const { asked, transports, start } = dialer();
    for (let n = 1; n <= 9; n++) start("ws://example.com/", { concurrentConnects: 3 });
    const counts = transports.map(() => 0);
    for (let n = 0; n < 9; n++) {
      transports[n].open();
      counts[n] = asked.length;
    }
    expect(counts).toEqual([4, 5, 6, 7, 8, 9, 9, 9, 9]);
  });

  test("a host that stops answering gets one attempt at a time again", async () => {
    const { asked, transports, start } = dialer();
    for (let n = 1; n <= 9; n++) start("ws://example.com/", { concurrentConnects: 2 });
    transports[0].open();
    expect(asked.length).toBe(3);
    transports[1].reject(new Error("refused"));
    await settle();
    expect(asked.length).toBe(3);
    transports[2].reject(new Error("refused"));
    await settle();
    expect(asked.length).toBe(4);
  });

  test("the handshake timeout starts with the call and says what was waited for", async () => {
    const { asked, transports, start } = dialer();
    const timesOut = (answer: () => void, step: string) => {
      const socket = start("wss://example.com/", { handshakeTimeout: 20 });
      answer();
      return expect(socket).rejects.toMatchObject({
        code: "WS_ERR_HANDSHAKE_TIMEOUT",
        message: `the opening handshake took too long: ${step} (WS_ERR_HANDSHAKE_TIMEOUT)`,
      });
    };
    await timesOut(() => {}, "the connection is not answered");
    start("wss://example.com/");
    await timesOut(() => {}, "earlier connections to the host are not answered");
    expect(asked.length).toBe(2);
    transports[1].connected();
    await timesOut(() => transports[2].connected(), "the TLS handshake is not done");
    await timesOut(() => transports[3].open(), "the server has not responded");
  });

  test("connections to another host name or port do not wait", () => {
    const { asked, start } = dialer();
    for (const host of ["a.example", "b.example", "A.example", "a.example:81"])
      start(`ws://${host}/`);
    expect(asked).toEqual(["a.example:80/", "b.example:80/", "a.example:81/"]);
  });

  test("each Unix socket has a queue of its own", async () => {
    const { asked, transports, start } = dialer();
    const urls = ["ws+unix:/a:/1", "ws+unix:/a:/2", "ws+unix:/b", "ws+unix:@a", "ws://localhost"];
    const [first] = urls.map((url) => start(url));
    expect(asked).toEqual(["/a", "/b", "\0a", "localhost:80/"]);
    transports[0].reject(new Error("refused"));
    await expect(first).rejects.toMatchObject({
      message: "cannot connect to /a: refused (WS_ERR_CONNECT_FAILED)",
    });
    expect(asked.at(-1)).toBe("/a");
  });

  test("an invalid `concurrentConnects` is an error", async () => {
    const { start } = dialer();
    for (const concurrentConnects of [0, 1.5, "2" as never]) {
      await expect(start("ws://example.com/", { concurrentConnects })).rejects.toMatchObject({
        code: "WS_ERR_INVALID_OPTION",
        message: expect.stringMatching(/^option concurrentConnects /),
      });
    }
  });
});
