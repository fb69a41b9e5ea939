import {
  type ConnectOptions,
  type ServeOptions,
  type Server,
  type Socket,
  WebSocketError,
  type WebSocketStreamConstructor,
} from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";

interface Subject {
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
  readonly WebSocketStream: WebSocketStreamConstructor;
}

const mebibyte = 1_048_576;

/** Yields `count` chunks of one length, and counts those that were taken. */
class Chunks {
  taken = 0;
  isReturned = false;
  private readonly count: number;
  private readonly chunk: Uint8Array;

  constructor(count: number, length: number) {
    this.count = count;
    this.chunk = new Uint8Array(length).map((_, index) => (index * 7) % 251);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (; this.taken < this.count; this.taken++) yield this.chunk;
    } finally {
      this.isReturned = true;
    }
  }
}

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}

/** Returns how many bytes or characters a stream has, and a checksum of them. */
async function measure(stream: AsyncIterable<string | Uint8Array>): Promise<[number, number]> {
  let length = 0;
  let sum = 0;
  for await (const part of stream) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    // The same positions of the message, however it is cut.
    for (let i = (97 - (length % 97)) % 97; i < bytes.length; i += 97) {
      sum = (sum + bytes[i] * (length + i + 1)) % 1e9;
    }
    length += bytes.length;
  }
  return [length, sum];
}

/** Waits until a number no longer changes, which shows that a sender is held back. */
async function untilSteady(read: () => number): Promise<number> {
  for (let before = -1, steady = 0; ; ) {
    const now = read();
    steady = now === before && now > 0 ? steady + 1 : 0;
    if (steady === 10) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Tests streams over real sockets. */
export function describeStreams(runtime: string, subject: Subject): void {
  const { serve, connect, WebSocketStream } = subject;
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close({ timeout: 0 });
  });

  async function start(options: ServeOptions = {}): Promise<string> {
    const server = await serve({
      message: (socket, data) => void socket.send(data),
      ...options,
    });
    servers.push(server);
    return `ws://127.0.0.1:${server.port}/`;
  }

  const echo = {
    streamFrom: 100_000,
    maxMessageSize: 2 ** 32,
    messageStream: async (
      socket: Socket,
      stream: AsyncIterable<string | Uint8Array>,
      text: boolean,
    ) => {
      await socket.sendStream(stream, { text });
    },
  };

  describe(`messages in fragments on ${runtime}`, () => {
    test.each([false, true])(
      "an echo that streams, compression: %s",
      async (compression) => {
        const url = await start({ ...echo, compression });
        const results: Promise<[number, number]>[] = [];
        const socket = await connect(url, {
          ...echo,
          compression,
          messageStream: (_socket, stream, isText) => {
            results.push(measure(stream));
            expect(isText).toBe(results.length === 2);
          },
        });
        const count = isFullDepth && !compression ? 2_048 : 16;
        const source = () => new Chunks(count, 131_000);
        expect(await socket.sendStream(source())).toBe("sent");
        const text = "\u00e9\u{1f600}x".repeat(100_000);
        const halves = [text.slice(0, 5_001), text.slice(5_001, 5_002), text.slice(5_002)];
        expect(await socket.sendStream(halves)).toBe("sent");
        await expect.poll(() => results.length, { timeout: 60_000 }).toBe(2);
        expect(await results[0]).toEqual(await measure(source()));
        expect(await results[1]).toEqual(await measure(only(text)));
        socket.close();
      },
      90_000,
    );

    test("a peer that does not read holds the source back; cancelling discards the rest", async () => {
      let unread: ReadableStream | undefined;
      const messages: unknown[] = [];
      const url = await start({
        ...echo,
        messageStream: (_socket, stream) => {
          unread = stream as ReadableStream;
        },
        message: (_socket, data) => void messages.push(data),
      });
      const socket = await connect(url);
      const chunks = new Chunks(1_000, 131_072);
      const sent = socket.sendStream(chunks);
      socket.send("after");
      await untilSteady(() => chunks.taken);
      expect(chunks.taken).toBeLessThan(500);
      expect(socket.bufferedAmount).toBeLessThan(400_000);
      expect(messages).toEqual([]);
      await unread?.cancel();
      expect(await sent).toBe("sent");
      await expect.poll(() => messages, { timeout: 10_000 }).toEqual(["after"]);
      socket.close();
    }, 30_000);

    test("the end of the connection cancels the source and fails the stream", async () => {
      let failure: Promise<unknown> | undefined;
      const url = await start({
        ...echo,
        messageStream: (_socket, stream) => {
          failure = measure(stream as ReadableStream).catch((error) => error);
        },
      });
      const socket = await connect(url);
      const chunks = new Chunks(1e9, 65_536);
      const sent = socket.sendStream(chunks);
      await expect.poll(() => failure !== undefined, { timeout: 10_000 }).toBe(true);
      socket.terminate();
      expect(await sent).toBe("dropped");
      expect(await failure).toMatchObject({ code: "WS_ERR_INCOMPLETE_MESSAGE" });
      await expect.poll(() => chunks.isReturned, { timeout: 10_000 }).toBe(true);
    });
  });

  describe(`sockets as Web Streams on ${runtime}`, () => {
    test("an echo by pipeTo; closing the writable closes the socket", async () => {
      const url = await start({
        message: undefined as never,
        open: (socket) => {
          (socket.readable as ReadableStream)
            .pipeTo(socket.writable as WritableStream)
            .catch(() => {});
        },
      });
      const socket = await connect(url);
      const writer = socket.writable.getWriter();
      const reader = (socket.readable as ReadableStream).getReader();
      const sent = ["text", new Uint8Array(300_000).fill(7), "", new Uint8Array(0)];
      for (const message of sent) {
        writer.write(message);
        expect((await reader.read()).value).toEqual(message);
      }
      await writer.close();
      expect((await reader.read()).done).toBe(true);
      expect(await socket.closed).toMatchObject({ statusCode: 1005, wasClean: true });
    });

    test("await using closes the socket", async () => {
      const url = await start();
      let closed: Promise<{ wasClean: boolean }>;
      {
        await using socket = await connect(url);
        closed = socket.closed;
      }
      expect(await closed).toMatchObject({ wasClean: true });
    });
  });

  describe(`WebSocketStream on ${runtime}`, () => {
    test("sends and receives messages, and closes", async () => {
      const url = await start({ subprotocols: ["chat"], compression: true });
      const stream = new WebSocketStream(url, { protocols: ["chat"] });
      expect(stream.url).toBe(url);
      const { readable, writable, protocol, extensions } = await stream.opened;
      expect([protocol, extensions]).toEqual([
        "chat",
        expect.stringMatching(/^permessage-deflate/),
      ]);
      const writer = writable.getWriter();
      const reader = (readable as ReadableStream).getReader();
      writer.write("text \ud800");
      writer.write(new DataView(new Uint8Array([1, 2, 3]).buffer, 1));
      writer.write(5 as never);
      expect((await reader.read()).value).toBe("text \ufffd");
      expect((await reader.read()).value).toEqual(new Uint8Array([2, 3]));
      expect((await reader.read()).value).toBe("5");
      stream.close({ closeCode: 3456, reason: "pizza" });
      expect(await stream.closed).toEqual({ closeCode: 3456, reason: "pizza" });
      expect(await reader.read()).toMatchObject({ done: true });
      await expect(writer.closed).rejects.toMatchObject({ name: "InvalidStateError" });
      stream.close();
    });

    test("each way to close sends the code that it is given", async () => {
      const url = await start();
      const info = { closeCode: 4000, reason: "why" };
      const none = { closeCode: 1005, reason: "" };
      for (const [end, expected] of [
        [(_r: ReadableStream, w: WritableStream) => w.close(), none],
        [(_r: ReadableStream, w: WritableStream) => w.abort({ closeCode: 4000 }), none],
        [(_r: ReadableStream, w: WritableStream) => w.abort(new WebSocketError("", info)), info],
        [(r: ReadableStream) => r.cancel(new WebSocketError("", info)), info],
        [(r: ReadableStream) => r.cancel(), none],
      ] as const) {
        const stream = new WebSocketStream(url);
        const { readable, writable } = await stream.opened;
        await end(readable as ReadableStream, writable as WritableStream);
        expect(await stream.closed).toEqual(expected);
      }
    });

    test("a connection that is lost fails both streams with a WebSocketError", async () => {
      const url = await start({ open: (socket) => void setTimeout(() => socket.terminate(), 50) });
      const stream = new WebSocketStream(url);
      const { readable, writable } = await stream.opened;
      const lost = { name: "WebSocketError", closeCode: 1006, reason: "" };
      const reader = (readable as ReadableStream).getReader();
      await expect(reader.read()).rejects.toMatchObject(lost);
      await expect(writable.getWriter().closed).rejects.toMatchObject(lost);
      await expect(stream.closed).rejects.toMatchObject(lost);
      await expect(stream.closed).rejects.toBeInstanceOf(WebSocketError);
    });

    test("a signal gives up connecting and does nothing later", async () => {
      const url = await start();
      const early = AbortSignal.abort("early");
      const aborted = new WebSocketStream(url, { signal: early });
      await expect(aborted.opened).rejects.toBe("early");
      await expect(aborted.closed).rejects.toBe("early");
      const controller = new AbortController();
      const connecting = new WebSocketStream(url, { signal: controller.signal });
      controller.abort("later");
      await expect(connecting.opened).rejects.toBe("later");
      const other = new AbortController();
      const open = new WebSocketStream(url, { signal: other.signal });
      await open.opened;
      other.abort();
      open.close();
      expect(await open.closed).toMatchObject({ closeCode: 1005 });
      const closedEarly = new WebSocketStream(url);
      closedEarly.close();
      await expect(closedEarly.opened).rejects.toMatchObject({ name: "WebSocketError" });
      await expect(closedEarly.closed).rejects.toMatchObject({ name: "WebSocketError" });
    });

    test("a server that does not read holds writes back; all settle when the connection ends", async () => {
      let held: Socket | undefined;
      const url = await start({
        open: (socket) => {
          held = socket;
          socket.pause();
        },
      });
      const stream = new WebSocketStream(url);
      const writer = (await stream.opened).writable.getWriter();
      const chunk = new Uint8Array(mebibyte);
      let written = 0;
      const writes = Array.from({ length: 100 }, () =>
        writer.write(chunk).then(
          () => void written++,
          () => {},
        ),
      );
      await untilSteady(() => written);
      expect(written).toBeLessThan(90);
      held?.terminate();
      await Promise.all(writes);
      await expect(stream.closed).rejects.toMatchObject({ closeCode: 1006 });
    }, 30_000);

    test("a client that does not read holds the server back", async () => {
      let sent = 0;
      const url = await start({
        open: async (socket) => {
          const writer = socket.writable.getWriter();
          const chunk = new Uint8Array(mebibyte);
          for (; sent < 100; sent++) await writer.write(chunk);
          await writer.close();
        },
      });
      const stream = new WebSocketStream(url);
      const { readable } = await stream.opened;
      await untilSteady(() => sent);
      expect(sent).toBeLessThan(90);
      expect((await measure(readable as ReadableStream))[0]).toBe(100 * mebibyte);
      expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
    }, 30_000);
  });
}
