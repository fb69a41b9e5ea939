import { once } from "node:events";
import * as http2 from "node:http2";
import { type AddressInfo, connect, type Socket as TcpSocket } from "node:net";
import type { AttachOptions, HandshakeError, Socket } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import type { AttachPackage } from "./attach-contract.ts";
import {
  clientPreface,
  frameTypes,
  http2Frame,
  numberFrame,
  settingsFrame,
} from "./http2-frames.ts";
import { rawOpening, StreamPeer, until } from "./http2-peer.ts";
import { maskedFrame } from "./memory-transport.ts";

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = http2.constants;

/** Where a connection is when it is attacked. */
const moments = ["before accept decides", "open", "closing", "queued out", "queued in"] as const;
type Moment = (typeof moments)[number];

/** How a connection, or one stream of it, ends. */
const ends: Record<string, (peer: StreamPeer, client: http2.ClientHttp2Session) => unknown> = {
  "RST_STREAM with CANCEL": ({ stream }) => stream.close(NGHTTP2_CANCEL),
  "RST_STREAM with NO_ERROR": ({ stream }) => stream.close(NGHTTP2_NO_ERROR),
  "GOAWAY with PROTOCOL_ERROR": (_peer, client) => client.goaway(NGHTTP2_PROTOCOL_ERROR),
  "the end of TCP": (_peer, client) => client.destroy(),
};

/** Attacks WebSockets over HTTP/2: one `close` each, neighbours unharmed, nothing left. */
export function describeHttp2Attacks(
  name: string,
  { attach }: Pick<AttachPackage, "attach">,
): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function attacked(options: AttachOptions = {}) {
    const httpServer = http2.createServer();
    const closes = new Map<Socket, number>();
    const refused: string[] = [];
    const errors: unknown[] = [];
    const server = attach(httpServer, {
      closeTimeout: 200,
      maxBufferedAmount: 2 ** 26,
      accept: ({ path }) => (path === "/wait" ? new Promise(() => {}) : undefined),
      message: (socket, data) => {
        if (data === "wait") return new Promise(() => {});
        socket.send(data);
        return undefined;
      },
      close: (socket) => void closes.set(socket, (closes.get(socket) ?? 0) + 1),
      refused: (_request, fault: HandshakeError) => void refused.push(fault.code),
      error: (_socket, error) => void errors.push(error),
      ...options,
    });
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    cleanups.push(() => httpServer.close());
    cleanups.push(() => server.close({ timeout: 100 }));
    const { port } = httpServer.address() as AddressInfo;
    const session = async (settings: http2.ClientSessionOptions = {}) => {
      const client = http2.connect(`http://127.0.0.1:${port}`, settings);
      client.on("error", () => {});
      cleanups.push(() => client.destroy());
      await once(client, "remoteSettings");
      return client;
    };
    return { server, port, closes, refused, errors, session };
  }

  async function raw(port: number): Promise<TcpSocket> {
    const tcp = connect(port, "127.0.0.1");
    cleanups.push(() => tcp.destroy());
    tcp.on("error", () => {});
    await once(tcp, "connect");
    return tcp;
  }

  type Attacked = Awaited<ReturnType<typeof attacked>>;

  async function reach(
    moment: Moment,
    { server }: Attacked,
    client: http2.ClientHttp2Session,
  ): Promise<StreamPeer> {
    if (moment === "before accept decides") {
      const peer = new StreamPeer(client, "/wait");
      await until(() => server.stats().pendingHandshakes === 1);
      return peer;
    }
    const known = new Set(server.clients);
    const peer = new StreamPeer(client, "/");
    expect(await peer.status()).toBe(200);
    const [socket] = [...server.clients].filter((one) => !known.has(one));
    if (moment === "closing") {
      socket.close(1_000);
      await peer.receives("\x88\x02\x03\xe8");
    } else if (moment === "queued out") {
      peer.stream.pause();
      for (let count = 0; count < 40; count++) socket.send(new Uint8Array(100_000));
      await until(() => socket.bufferedAmount > 1_000_000);
    } else if (moment === "queued in") {
      peer.send(maskedFrame(1, "wait"));
      for (let count = 0; count < 40; count++) peer.stream.write(Buffer.alloc(100_000));
    }
    return peer;
  }

  async function echoes(peer: StreamPeer, text: string): Promise<void> {
    peer.send(maskedFrame(1, text));
    await peer.receives(`\x81${String.fromCharCode(text.length)}${text}`);
  }

  /** Waits until only the bystander is left, and expects one `close` of each of the others. */
  async function onlyBystanderLeft(subject: Attacked, bystander: StreamPeer, opened: number) {
    const { server, closes, refused, errors } = subject;
    const isOver = () => server.clients.size === 1 && server.stats().pendingHandshakes === 0;
    await until(isOver);
    await until(() => closes.size === opened);
    await echoes(bystander, "still here");
    expect([...closes.values()]).toEqual(Array(opened).fill(1));
    expect(refused.filter((code) => code !== "WS_ERR_HANDSHAKE_INCOMPLETE")).toEqual([]);
    expect(errors).toEqual([]);
    expect(server.stats()).toMatchObject({ openConnections: 1, bufferedAmount: 0 });
  }

  describe(`attacks over HTTP/2 on ${name}`, () => {
    for (const moment of moments) {
      test.each(Object.keys(ends))(`${moment}: %s`, async (end) => {
        const subject = await attacked();
        const bystander = new StreamPeer(await subject.session(), "/");
        await bystander.status();
        const client = await subject.session();
        const neighbour = new StreamPeer(client, "/");
        await neighbour.status();
        const peer = await reach(moment, subject, client);
        // Bun's client does not reset with NO_ERROR before everything is written.
        if (name === "Bun" && moment === "queued in" && end.endsWith("NO_ERROR")) return;
        ends[end](peer, client);
        const before = moment === "before accept decides" ? 0 : 1;
        if (end.startsWith("RST")) {
          await until(() => subject.closes.size === before && subject.server.clients.size === 2);
          await echoes(neighbour, "neighbour");
          client.destroy();
        }
        await onlyBystanderLeft(subject, bystander, before + 1);
        expect(subject.refused).toHaveLength(1 - before);
      });

      test(`${moment}: server.close`, async () => {
        const subject = await attacked();
        const client = await subject.session();
        const peer = await reach(moment, subject, client);
        await subject.server.close({ timeout: 100 });
        const { openConnections, pendingHandshakes } = subject.server.stats();
        expect([openConnections, pendingHandshakes]).toEqual([0, 0]);
        expect([...subject.closes.values()]).toEqual(moment.startsWith("before") ? [] : [1]);
        peer.stream.resume();
        await until(() => peer.isClosed);
      });
    }

    test("a client that says GOAWAY goes on with its open streams", async () => {
      const { session } = await attacked();
      const client = await session();
      const peer = new StreamPeer(client, "/");
      await peer.status();
      client.goaway(NGHTTP2_NO_ERROR);
      for (let index = 0; index < 10; index++) await echoes(peer, `message ${index}`);
    });

    test("streams that are opened and reset in a loop (CVE-2023-44487)", async () => {
      let most = 0;
      const subject = await attacked({
        maxPendingHandshakes: 50,
        accept: ({ path }) => {
          most = Math.max(most, subject.server.stats().pendingHandshakes);
          return path === "/wait" ? new Promise(() => {}) : undefined;
        },
      });
      const { server, session } = subject;
      const bystander = new StreamPeer(await session(), "/");
      await bystander.status();
      for (let connection = 0; connection < 5; connection++) {
        const client = await session();
        // Runtimes end a connection that resets too many streams.
        for (let round = 0; round < 20 && !client.closed && !client.destroyed; round++) {
          for (let index = 0; index < 100 && !client.closed && !client.destroyed; index++) {
            new StreamPeer(client, "/wait").stream.close(NGHTTP2_CANCEL);
          }
          await echoes(bystander, `round ${round}`);
        }
        client.destroy();
      }
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(50);
      await until(() => server.stats().pendingHandshakes === 0);
      await echoes(bystander, "still here");
    });

    test("one connection takes a tenth of the pending handshakes", async () => {
      const subject = await attacked({ maxPendingHandshakes: 200 });
      const { server, session } = subject;
      const client = await session();
      const bystander = new StreamPeer(client, "/");
      await bystander.status();
      const waiting = Array.from({ length: 50 }, () => new StreamPeer(client, "/wait"));
      for (const peer of waiting.slice(20)) expect([503, 0]).toContain((await peer.status()) || 0);
      expect(server.stats().pendingHandshakes).toBe(20);
      await echoes(bystander, "unharmed");
      const other = await session();
      new StreamPeer(other, "/wait");
      await until(() => server.stats().pendingHandshakes === 21);
      for (const { stream } of waiting) stream.close(NGHTTP2_CANCEL);
      await until(() => server.stats().pendingHandshakes === 1);
      const { WS_ERR_TOO_MANY_HANDSHAKES, WS_ERR_HANDSHAKE_INCOMPLETE } = server.stats().refused;
      expect(WS_ERR_TOO_MANY_HANDSHAKES).toBeGreaterThanOrEqual(20);
      expect(WS_ERR_HANDSHAKE_INCOMPLETE).toBe(20);
      await echoes(bystander, "still here");
    });

    test("streams that are reset count until accept has settled (CVE-2023-44487)", async () => {
      const pending: (() => void)[] = [];
      const accept: AttachOptions["accept"] = ({ path }) =>
        path === "/"
          ? undefined
          : new Promise<undefined>((done) => pending.push(() => done(undefined)));
      const { server, session } = await attacked({ maxPendingHandshakes: 100, accept });
      const client = await session();
      const bystander = new StreamPeer(client, "/");
      await bystander.status();
      for (let index = 1; index <= 10; index++) {
        const peer = new StreamPeer(client, "/wait");
        await until(() => pending.length === index);
        peer.stream.close(NGHTTP2_CANCEL);
        await until(() => server.stats().pendingHandshakes === 0);
      }
      expect(await new StreamPeer(client, "/wait").status()).toBe(503);
      expect(pending.length).toBe(10);
      pending[0]();
      // The stream that was refused has its place until it is closed.
      await until(() => {
        new StreamPeer(client, "/wait");
        return pending.length === 11;
      });
      for (const settle of pending) settle();
      await echoes(bystander, "still here");
    });

    test("an accept that never settles keeps its place for the handshake timeout", async () => {
      const { session } = await attacked({ maxPendingHandshakes: 10, handshakeTimeout: 100 });
      const client = await session();
      expect(await new StreamPeer(client, "/wait").status()).toBe(408);
      let last = 503;
      for (; last === 503; ) last = await new StreamPeer(client, "/wait").status();
      expect(last).toBe(408);
    });

    test("streams that are refused, one after the other, leave their places", async () => {
      const { server, session } = await attacked({ routes: { "/": {} }, maxPendingHandshakes: 20 });
      const client = await session();
      for (let index = 0; index < 20; index++) {
        const refused = new StreamPeer(client, "/nowhere");
        expect(await refused.status()).toBe(404);
        await until(() => refused.isClosed);
      }
      const { refused } = server.stats();
      expect(refused).toEqual({ WS_ERR_NO_ROUTE: 20 });
    });

    test("refusals that the client has no window for are bounded", async () => {
      const { server, session } = await attacked({
        routes: { "/": {} },
        maxPendingHandshakes: 100,
        closeTimeout: 10_000,
      });
      const client = await session({ settings: { initialWindowSize: 0 } });
      const peers = Array.from({ length: 100 }, () => new StreamPeer(client, "/nowhere"));
      await until(() => peers.filter(({ isClosed }) => isClosed).length === 80);
      const { WS_ERR_NO_ROUTE, WS_ERR_TOO_MANY_HANDSHAKES } = server.stats().refused;
      expect([WS_ERR_NO_ROUTE, WS_ERR_TOO_MANY_HANDSHAKES]).toEqual([10, 10]);
    });

    test("1,000 streams of one connection, most of which never read", async () => {
      const subject = await attacked();
      const { server, session, closes } = subject;
      const bystander = new StreamPeer(await session(), "/");
      await bystander.status();
      const client = await session();
      const peers = Array.from({ length: 1_000 }, () => new StreamPeer(client, "/"));
      for (const peer of peers) expect(await peer.status()).toBe(200);
      for (const peer of peers.slice(10)) peer.stream.pause();
      server.broadcast(new Uint8Array(10_000));
      for (const peer of [bystander, ...peers.slice(0, 10)]) {
        await until(() => peer.received.length === 10_004);
        peer.received = Buffer.alloc(0);
      }
      await echoes(peers[5], "reads");
      client.destroy();
      await onlyBystanderLeft(subject, bystander, 1_000);
      expect(closes.size).toBe(1_000);
    });

    test("a flow-control window of 0", async () => {
      const subject = await attacked();
      const bystander = new StreamPeer(await subject.session(), "/");
      await bystander.status();
      const client = await subject.session({ settings: { initialWindowSize: 0 } });
      const peer = new StreamPeer(client, "/");
      expect(await peer.status()).toBe(200);
      peer.send(maskedFrame(1, "hello"), maskedFrame(8, [0x03, 0xe8]));
      // The Close frame cannot be sent, so the closing handshake times out.
      await until(() => subject.closes.size === 1);
      await onlyBystanderLeft(subject, bystander, 1);
      const another = new StreamPeer(client, "/");
      await another.status();
      await subject.server.close({ timeout: 100 });
      expect(subject.closes.size).toBe(3);
    });

    test("a header block beyond the limit", async () => {
      const subject = await attacked();
      const bystander = new StreamPeer(await subject.session(), "/");
      await bystander.status();
      const client = await subject.session({ maxSendHeaderBlockLength: 2 ** 24 });
      const peer = new StreamPeer(client, "/", { "x-large": "x".repeat(200_000) });
      await until(() => peer.isClosed || peer.response !== undefined);
      expect(peer.response?.[":status"] ?? 431).not.toBe(200);
      client.destroy();
      await onlyBystanderLeft(subject, bystander, 0);
    });

    test.each([NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_PROTOCOL_ERROR])(
      "RST_STREAM with %d while a handler holds up reading",
      async (code) => {
        const subject = await attacked();
        const bystander = new StreamPeer(await subject.session(), "/");
        await bystander.status();
        const tcp = await raw(subject.port);
        tcp.write(rawOpening());
        await until(() => subject.server.clients.size === 2);
        tcp.write(http2Frame(frameTypes.data, 0, 1, Buffer.from(maskedFrame(1, "wait"))));
        await until(() => subject.server.stats().messagesReceived === 1);
        for (let count = 0; count < 3; count++)
          tcp.write(http2Frame(frameTypes.data, 0, 1, Buffer.alloc(16_384)));
        tcp.write(numberFrame(frameTypes.rstStream, 1, code));
        await onlyBystanderLeft(subject, bystander, 1);
      },
    );

    // Without a listener for `error`, a stream that TCP's reset ends would end the process.
    test("ordinary requests that nobody serves get 404, and the reset of TCP ends only them", async () => {
      const subject = await attacked();
      const bystander = new StreamPeer(await subject.session(), "/");
      await bystander.status();
      const tcp = await raw(subject.port);
      const client = await subject.session({ createConnection: () => tcp });
      for (const headers of [
        { ":path": "/" },
        { ":path": "/", ":method": "HEAD" },
        { ":path": "/", ":method": "POST" },
        { ":method": "CONNECT", ":authority": "a.example:443" },
      ]) {
        const request = client.request(headers, { endStream: false });
        request.on("error", () => {});
        expect((await once(request, "response"))[0][":status"]).toBe(404);
      }
      tcp.resetAndDestroy();
      expect(subject.refused.splice(0)).toEqual(Array(4).fill("WS_ERR_NO_ROUTE"));
      await onlyBystanderLeft(subject, bystander, 0);
    });

    test("a flood of SETTINGS whose acknowledgements are not read", async () => {
      const subject = await attacked();
      const bystander = new StreamPeer(await subject.session(), "/");
      await bystander.status();
      const tcp = await raw(subject.port);
      let isOver = false;
      tcp.on("close", () => {
        isOver = true;
      });
      tcp.pause();
      tcp.write(clientPreface);
      const settings = settingsFrame({ initialWindowSize: 65_536 });
      const flood = Buffer.concat(Array(5_000).fill(settings));
      for (let sent = 0; sent < 500 && !isOver; sent++) {
        tcp.write(flood);
        await echoes(bystander, `round ${sent}`);
      }
      expect(isOver).toBe(true);
      tcp.destroy();
      await onlyBystanderLeft(subject, bystander, 0);
    });
  });
}
