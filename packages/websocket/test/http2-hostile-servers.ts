import type { ConnectOptions } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { rowsOn } from "../../../test-depth.ts";
import type { AttachPackage } from "./attach-contract.ts";
import { flags, frameTypes, headersFrame, http2Frame, settingsFrame } from "./http2-frames.ts";
import { type HostileAct, survivable } from "./http2-hostile/act.ts";
import { afterResponse } from "./http2-hostile/after-response.ts";
import { beforeResponse } from "./http2-hostile/before-response.ts";
import { refusals } from "./http2-hostile/refusals.ts";
import { type HostileConnection, HostileServer } from "./http2-hostile/server.ts";
import { until } from "./http2-peer.ts";

type Serve = HostileAct["serve"];

/** A frame of a server's WebSocket. */
const serverFrame = (opcode: number, text: string) =>
  Buffer.concat([Buffer.from([0x80 | opcode, text.length]), Buffer.from(text, "latin1")]);
const closeFrame = serverFrame(8, "\x03\xe8");
const data = (stream: number, bytes: Uint8Array) => http2Frame(frameTypes.data, 0, stream, bytes);

/** Tests `connect` over HTTP/2 with servers that break or abuse the protocol. */
export function describeHostileHttp2Servers(
  name: string,
  { connect }: Pick<AttachPackage, "connect">,
): void {
  const servers: HostileServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.stop();
  });

  async function hostile(serve: Serve) {
    const server = await HostileServer.start(serve);
    servers.push(server);
    return server;
  }

  /** Connects, and counts the calls of `close`. */
  function connecting({ port }: HostileServer, options: ConnectOptions = {}) {
    const counted = { closes: 0 };
    const socket = connect(`ws://127.0.0.1:${port}/`, {
      http2: true,
      closeTimeout: 100,
      heartbeat: false,
      close: () => void counted.closes++,
      ...options,
    });
    return { socket, counted };
  }

  async function plays({ serve, outcome, closes = [1006] }: HostileAct): Promise<void> {
    const server = await HostileServer.start(serve);
    const handshakeTimeout = outcome.includes("WS_ERR_HANDSHAKE_TIMEOUT") ? 150 : 10_000;
    const { socket: pending, counted } = connecting(server, { handshakeTimeout });
    const socket = await pending.catch((error) => error);
    expect(outcome).toContain(socket.closed === undefined ? socket.code : "open");
    if (socket.closed !== undefined) {
      socket.close();
      expect(closes).toContain((await socket.closed).statusCode);
    }
    // The client ends TCP, whatever the server still sends.
    for (const { tcp } of server.connections) tcp.resume();
    await until(() => server.connections.every(({ hasEnded }) => hasEnded));
    server.stop();
    expect(counted.closes).toBe(socket.closed === undefined ? 0 : 1);
  }

  describe.concurrent(`hostile servers of HTTP/2: ${name} meets`, () => {
    const acts = survivable([...beforeResponse, ...refusals, ...afterResponse], name);
    for (const act of rowsOn(name, acts, 4)) test(act.name, () => plays(act));
  });

  describe(`hostile servers of HTTP/2 on ${name}`, () => {
    test("TCP that ends after each byte", async () => {
      const opening = Buffer.concat([
        settingsFrame({ enableConnectProtocol: 1 }),
        http2Frame(frameTypes.settings, flags.ack, 0),
      ]);
      const response = headersFrame(1, { ":status": "200" });
      const whole = Buffer.concat([opening, response, data(1, serverFrame(1, "hello"))]);
      const cuts = rowsOn(name, [...whole.keys()], 7);
      const outcomes = cuts.map(async (cut) => {
        const server = await hostile(async (connection, number) => {
          if (number > 0) return connection.tcp.destroy();
          connection.acknowledges = false;
          connection.write(whole.subarray(0, Math.min(cut, opening.length)));
          if (cut > opening.length) {
            await connection.stream();
            connection.write(whole.subarray(opening.length, cut));
          }
          return connection.tcp.end();
        });
        const { socket: pending, counted } = connecting(server);
        const socket = await pending.catch((error) => error);
        if (socket.closed === undefined) return socket.code;
        const { statusCode } = await socket.closed;
        await until(() => counted.closes === 1);
        return statusCode;
      });
      for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
        const isOpen = cuts[index] >= opening.length + response.length;
        expect(outcome).toBe(isOpen ? 1006 : "WS_ERR_HANDSHAKE_INCOMPLETE");
      }
    });

    test("a window of 0: sent bytes wait, and are bounded", async () => {
      const server = await hostile(async (connection) => {
        connection.write(settingsFrame({ enableConnectProtocol: 1, initialWindowSize: 0 }));
        connection.write(headersFrame(await connection.stream(), { ":status": "200" }));
      });
      const { socket: pending, counted } = connecting(server, { maxBufferedAmount: 500_000 });
      const socket = await pending;
      expect(socket.send(new Uint8Array(100_000))).toBe("queued");
      expect(socket.bufferedAmount).toBeGreaterThan(99_000);
      while (socket.readyState === "open") socket.send(new Uint8Array(100_000));
      expect(await socket.closed).toMatchObject({
        statusCode: 1006,
        error: { code: "WS_ERR_PEER_TOO_SLOW" },
      });
      expect(counted.closes).toBe(1);
      expect(server.connections[0].dataLength).toBe(0);
    });

    test("a window of 0: the closing handshake ends by its timeout", async () => {
      const server = await hostile(async (connection) => {
        connection.write(settingsFrame({ enableConnectProtocol: 1, initialWindowSize: 0 }));
        connection.write(headersFrame(await connection.stream(), { ":status": "200" }));
      });
      const { socket: pending, counted } = connecting(server);
      const socket = await pending;
      socket.send("waits");
      socket.close();
      expect(await socket.closed).toMatchObject({ statusCode: 1006, wasClean: false });
      expect(counted.closes).toBe(1);
      const [connection] = server.connections;
      await until(() => connection.frames.includes(frameTypes.rstStream) && connection.hasEnded);
    });

    /** What a server does with the second of two streams. */
    const attacks: Record<string, (connection: HostileConnection, stream: number) => void> = {
      "RST_STREAM with NO_ERROR": (connection, stream) => connection.reset(stream, 0),
      "RST_STREAM with CANCEL": (connection, stream) => connection.reset(stream, 8),
      "an invalid frame of WebSocket": (connection, stream) =>
        connection.write(data(stream, Buffer.from([0x83, 0]))),
      "END_STREAM without a Close frame": (connection, stream) => connection.endStream(stream),
      trailers: (connection, stream) =>
        connection.write(headersFrame(stream, { "x-a": "b" }, true)),
    };
    test.each(Object.keys(attacks))(
      "other WebSockets of the session survive: %s",
      async (attack) => {
        const server = await hostile(async (connection) => {
          const neighbour = await connection.accept();
          attacks[attack](connection, await connection.accept(1));
          await connection.stream(2);
          connection.write(data(neighbour, serverFrame(1, "still here")));
          connection.endStream(neighbour, closeFrame);
        });
        const messages: unknown[] = [];
        const first = connecting(server, { message: (_socket, text) => void messages.push(text) });
        const neighbour = await first.socket;
        const second = connecting(server);
        const attacked = await second.socket.catch(() => undefined);
        await attacked?.closed;
        const third = connecting(server, { handshakeTimeout: 200 });
        await expect(third.socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
        expect(await neighbour.closed).toMatchObject({ statusCode: 1000 });
        expect(messages).toEqual(["still here"]);
        expect([first.counted.closes, server.connections.length]).toEqual([1, 1]);
        expect(second.counted.closes).toBe(attacked === undefined ? 0 : 1);
      },
    );

    test("a connection that has gone silent is not used by the next socket", async () => {
      const server = await hostile(async (connection, number) => {
        await connection.accept();
        if (number === 1) await connection.accept(1);
      });
      const open = await connecting(server).socket;
      const silent = connecting(server, { handshakeTimeout: 200 });
      await expect(silent.socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
      const next = await connecting(server).socket;
      expect([open.readyState, next.readyState]).toEqual(["open", "open"]);
      expect(server.connections.length).toBe(2);
      open.terminate();
      next.terminate();
    });

    test("the time that HTTP/2 has taken is not given to HTTP/1.1 again", async () => {
      const ends: string[] = [];
      const { port } = await hostile(async (connection, number) => {
        connection.acknowledges = false;
        if (number === 1) setTimeout(() => ends.push("350 ms of HTTP/1.1"), 350);
        if (number > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 150));
        connection.tcp.end();
      });
      const options = { http2: true, handshakeTimeout: 400 };
      await connect(`ws://127.0.0.1:${port}/`, options).catch(({ code }) => ends.push(code));
      await until(() => ends.length === 2);
      expect(ends).toEqual(["WS_ERR_HANDSHAKE_TIMEOUT", "350 ms of HTTP/1.1"]);
    });
  });
}
