import {
  refuse,
  type ServeOptions,
  type Server,
  type WebSocketConstructor,
} from "@framewright/websocket";
import type { WebSocket as WebSocketObject } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import { makeCertificates } from "../certificates.ts";
import { temporaryPath } from "../temporary-path.ts";
import { logOf, once } from "./observed-events.ts";

interface Subject {
  serve(options: ServeOptions): Promise<Server>;
  readonly WebSocket: WebSocketConstructor;
}

/** Tests the standard `WebSocket` class over real sockets. */
export function describeWebSocket(runtime: string, { serve, WebSocket }: Subject): void {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close({ timeout: 0 });
  });

  async function start(options: ServeOptions = {}): Promise<{ server: Server; url: string }> {
    const server = await serve({
      message: (socket, data) => void socket.send(data),
      ...options,
    });
    servers.push(server);
    return { server, url: `ws://127.0.0.1:${server.port}/` };
  }

  async function open(socket: WebSocketObject): Promise<WebSocketObject> {
    await once(socket, "open");
    return socket;
  }

  describe(`the standard WebSocket on ${runtime}`, () => {
    test("sends and receives text, blobs and array buffers in order", async () => {
      const { url } = await start({ compression: true });
      const socket = await open(new WebSocket(url));
      expect(socket.extensions).toMatch(/^permessage-deflate/);
      const log = logOf(socket);
      const view = new Uint8Array(8).fill(7);
      socket.send("text \ud800");
      socket.send(new Blob(["blob"]));
      socket.send(view.subarray(2, 5));
      view.fill(8); // what was passed before is not changed
      socket.send(new DataView(view.buffer, 1, 2));
      const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(9);
      socket.send(shared);
      socket.send(new ArrayBuffer(1));
      await expect.poll(() => log.length).toBe(6);
      expect(log[0]).toBe("message text \ufffd");
      expect(log.slice(1)).toEqual(Array(5).fill("message [object Blob]"));
      socket.binaryType = "arraybuffer";
      const parts = [new Blob(["ab"]), view.subarray(2, 5), shared, new ArrayBuffer(0)];
      for (const part of parts) socket.send(part);
      await expect
        .poll(() => log.slice(6))
        .toEqual(["message [97,98]", "message [8,8,8]", "message [9,9]", "message []"]);
      socket.close();
      await once(socket, "close");
    });

    test.each([
      ["", false, (bytes: Uint8Array) => bytes],
      [", also if they are compressed later", true, (bytes: Uint8Array) => bytes],
      // Its `slice` does not copy.
      [", also those of a Buffer", false, (bytes: Uint8Array) => Buffer.from(bytes)],
    ])("bytes may be changed after send%s", async (_, compression, bytesOf) => {
      const { url } = await start({ compression });
      const socket = await open(new WebSocket(url));
      socket.binaryType = "arraybuffer";
      const bytes = bytesOf(new Uint8Array(600_000).fill(1));
      socket.send(bytes);
      bytes.fill(2);
      const received = new Uint8Array((await once(socket, "message")).data);
      expect(received.length).toBe(600_000);
      expect(received.every((byte) => byte === 1)).toBe(true);
    });

    test("its events have the standard's classes and values", async () => {
      const { url } = await start();
      const socket = new WebSocket(url.replace("ws:", "http:"));
      expect(socket.url).toBe(url);
      const opened = await once(socket, "open");
      expect(opened).toBeInstanceOf(Event);
      socket.send("x");
      const message = await once(socket, "message");
      expect(message).toBeInstanceOf(MessageEvent);
      expect(message.origin).toBe(url.slice(0, -1));
      expect([message.target, message.currentTarget]).toEqual([socket, null]);
      socket.close(3001, "bye é");
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      const closed = await once(socket, "close");
      expect(closed).toBeInstanceOf(Event);
      expect(closed.constructor.name).toBe("CloseEvent");
      expect([closed.code, closed.reason, closed.wasClean]).toEqual([3001, "bye é", true]);
      expect(socket.readyState).toBe(WebSocket.CLOSED);
    });

    test("promise callbacks of a message run before the next message", async () => {
      const { url } = await start({
        open(socket) {
          for (let i = 0; i < 50; i++) socket.send(String(i));
        },
      });
      const socket = new WebSocket(url);
      const received: string[] = [];
      await once(socket, "open");
      for (let i = 0; i < 50; i++) received.push((await once(socket, "message")).data);
      expect(received).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
      socket.close();
      await once(socket, "close");
    });

    test("the server's Close frame ends the connection cleanly", async () => {
      const { url } = await start({ open: (socket) => socket.close(4000, "enough") });
      const socket = new WebSocket(url);
      const log = logOf(socket);
      await once(socket, "close");
      expect(log).toEqual(["open", "close 4000 enough true"]);
    });

    test("a lost connection causes error and close with 1006", async () => {
      const { url } = await start({ message: (socket) => socket.terminate() });
      const socket = await open(new WebSocket(url));
      const log = logOf(socket);
      socket.send("x");
      const { error } = await once(socket, "error");
      expect(error.code).toBe("WS_ERR_CONNECTION_LOST");
      await expect.poll(() => log).toEqual(["error", "close 1006  false"]);
    });

    test("the error of a refused handshake has the server's response", async () => {
      const { url } = await start({ accept: () => refuse(401, "who are you?") });
      const socket = new WebSocket(url);
      const log = logOf(socket);
      const { error, message } = await once(socket, "error");
      expect(message).toBe("the server answered with HTTP status 401 (WS_ERR_UNEXPECTED_RESPONSE)");
      expect(error).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", status: 401 });
      expect(new TextDecoder().decode(error.body)).toBe("who are you?\n");
      await expect.poll(() => log).toEqual(["error", "close 1006  false"]);
    });

    test("a server that cannot be reached causes error and close with 1006", async () => {
      const { server, url } = await start();
      await server.close();
      const socket = new WebSocket(url);
      const log = logOf(socket);
      const { error } = await once(socket, "error");
      expect(error.code).toBe("WS_ERR_CONNECT_FAILED");
      await expect.poll(() => log).toEqual(["error", "close 1006  false"]);
    });

    test("can be closed while it connects, and does not open then", async () => {
      const { server, url } = await start();
      const socket = new WebSocket(url);
      const log = logOf(socket);
      socket.close();
      expect(socket.readyState).toBe(WebSocket.CLOSING);
      await once(socket, "close");
      expect(log).toEqual(["error", "close 1006  false"]);
      await open(new WebSocket(url)); // the attempt does not delay the next one
      await expect.poll(() => server.clients.size).toBe(1);
    });

    test("a signal stops connecting, and nothing later", async () => {
      const { url } = await start();
      const controller = new AbortController();
      const socket = new WebSocket(url, { signal: controller.signal });
      controller.abort(new Error("no more"));
      const { error } = await once(socket, "error");
      expect(error.cause.message).toBe("no more");
      const late = new WebSocket(url, { signal: controller.signal });
      expect((await once(late, "close")).code).toBe(1006);
      const other = new AbortController();
      const stays = await open(new WebSocket(url, [], { signal: other.signal }));
      other.abort();
      stays.send("x");
      expect((await once(stays, "message")).data).toBe("x");
    });

    test("the server must choose one of the protocols", async () => {
      const { url } = await start({ subprotocols: ["chat"] });
      const chosen = await open(new WebSocket(url, ["superchat", "chat"]));
      expect(chosen.protocol).toBe("chat");
      expect((await open(new WebSocket(url))).protocol).toBe("");
      const { error } = await once(new WebSocket(url, "superchat"), "error");
      expect(error.code).toBe("WS_ERR_INVALID_SUBPROTOCOL");
    });

    test("takes headers and other options in the second or the third place", async () => {
      const tokens: unknown[] = [];
      const { url } = await start({
        subprotocols: ["chat"],
        accept: ({ headers }) => void tokens.push(headers.get("x-token")),
      });
      const headers = { "x-token": "a" };
      const options = { headers, protocols: "chat", compression: false };
      expect((await open(new WebSocket(url, options))).protocol).toBe("chat");
      await open(new WebSocket(url, "chat", { headers: { "x-token": "b" } }));
      expect(tokens).toEqual(["a", "b"]);
    });

    test("bufferedAmount counts what send was given, and keeps what was sent too late", async () => {
      const { url } = await start();
      const socket = await open(new WebSocket(url));
      socket.send("é");
      socket.send(new Uint8Array(70_000));
      socket.send(new Blob(["abc"]));
      expect(socket.bufferedAmount).toBe(70_005);
      await expect.poll(() => socket.bufferedAmount).toBe(0);
      socket.send("four");
      socket.close();
      socket.send("too late");
      expect(socket.bufferedAmount).toBe(12);
      await once(socket, "close");
      expect(socket.bufferedAmount).toBe(8);
      socket.send(new Blob(["12"]));
      expect(socket.bufferedAmount).toBe(10);
    });

    test("connects to a Unix socket", async () => {
      const unix = temporaryPath();
      await start({ unix });
      const socket = await open(new WebSocket(`ws+unix:${unix}:/target?query`));
      socket.send("x");
      expect((await once(socket, "message")).data).toBe("x");
    });

    test("connects over TLS with a certificate of its own authority", async () => {
      const { ca, cert, key } = await makeCertificates();
      const { server } = await start({ tls: { cert, key } });
      const url = `https://localhost:${server.port}/`;
      const socket = await open(new WebSocket(url, { tls: { ca } }));
      expect(socket.url).toBe(url.replace("https:", "wss:"));
      socket.close(1000);
      expect((await once(socket, "close")).code).toBe(1000);
      const { error } = await once(new WebSocket(url), "error");
      expect(error.code).toBe("WS_ERR_CONNECT_FAILED");
    });
  });
}
