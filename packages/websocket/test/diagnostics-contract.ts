import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type {
  ConnectOptions,
  DiagnosticsMessages,
  ServeOptions,
  Server,
  Socket,
} from "@framewright/websocket";
import { refuse } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type Name = keyof DiagnosticsMessages;
const names: readonly Name[] = [
  "framewright.handshake",
  "framewright.open",
  "framewright.close",
  "framewright.error",
  "framewright.limit",
];

/** Any of the messages. */
interface Message {
  readonly role: string;
  readonly socket?: unknown;
  readonly fault?: unknown;
}

/** The functions of a transport package. */
interface Subject {
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
}

/** Tests what a transport package publishes on the runtime's channels, over real sockets. */
export function describeDiagnostics(runtime: string, { serve, connect }: Subject): void {
  let published: { name: Name; message: Message }[] = [];
  const record = (message: unknown, name: string | symbol) =>
    void published.push({ name: name as Name, message: message as Message });
  const servers: Server[] = [];

  beforeEach(() => {
    published = [];
    for (const name of names) subscribe(name, record);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close({ timeout: 1_000 });
    for (const name of names) unsubscribe(name, record);
  });

  async function listening(options: ServeOptions) {
    const server = await serve({ message: () => {}, error: () => {}, ...options });
    servers.push(server);
    return { server, url: `ws://127.0.0.1:${server.port}/room?x=1` };
  }

  /** What was published for servers or clients, by the last word of the channel's name. */
  const seen = (role: string) =>
    published
      .filter(({ message }) => message.role === role)
      .map(({ name, message }) => ({ channel: name.slice("framewright.".length), ...message }));

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  describe(`${runtime}: diagnostics channels`, () => {
    test("a connection, from its handshake to its end, on both sides", async () => {
      const { url } = await listening({});
      const socket = await connect(url, { closeTimeout: 1_000 });
      socket.close(4000, "done");
      await socket.closed;
      await until(() => seen("server").length === 3);
      for (const role of ["server", "client"]) {
        const [handshake, open, close, ...others] = seen(role);
        expect(others).toEqual([]);
        expect(handshake).toMatchObject({
          channel: "handshake",
          remoteAddress: "127.0.0.1",
          fault: undefined,
          duration: expect.any(Number),
        });
        expect(open).toEqual({ channel: "open", role, socket: handshake.socket });
        expect(close).toEqual({
          channel: "close",
          role,
          socket: handshake.socket,
          statusCode: 4000,
          reason: "done",
          wasClean: true,
          error: undefined,
          duration: expect.any(Number),
        });
      }
      expect(seen("client")[0]).toMatchObject({ request: undefined, url });
      expect(seen("server")[0]).toMatchObject({ url: undefined, request: { target: "/room?x=1" } });
      expect(seen("client")[1].socket).toBe(socket);
    });

    test("a refused handshake, on both sides", async () => {
      const { url } = await listening({ accept: () => refuse(401, "who are you?") as never });
      const error = await connect(url).catch((error: unknown) => error);
      expect(seen("client")).toMatchObject([{ channel: "handshake", url, fault: { status: 401 } }]);
      expect(seen("client")[0].fault).toBe(error);
      expect(seen("server")).toMatchObject([
        { channel: "handshake", fault: { code: "WS_ERR_REFUSED" }, socket: undefined },
      ]);
    });

    test("an error of a handler, on both sides", async () => {
      const failure = new Error("planned");
      const fail = () => {
        throw failure;
      };
      const { url } = await listening({ message: fail });
      const socket = await connect(url, { open: fail, error: () => {} });
      const errors = (role: string) => seen(role).filter(({ channel }) => channel === "error");
      expect(errors("client")).toEqual([
        { channel: "error", role: "client", error: failure, socket },
      ]);
      await socket.closed;
      const other = await connect(url);
      other.send("x");
      await other.closed;
      expect(errors("server")).toMatchObject([{ error: failure, socket: expect.anything() }]);
    });

    test("limits, on both sides", async () => {
      const { url } = await listening({
        maxConnections: 1,
        message: (socket) => void socket.send("long"),
      });
      const limits = (role: string) => seen(role).filter(({ channel }) => channel === "limit");
      const socket = await connect(url, { maxMessageSize: 3 });
      await connect(url).catch(() => {});
      expect(limits("server")).toMatchObject([
        { name: "maxConnections", action: "refused", remoteAddress: "127.0.0.1" },
      ]);
      socket.send("x");
      await socket.closed;
      expect(limits("client")).toEqual([
        {
          channel: "limit",
          role: "client",
          name: "maxMessageSize",
          action: "closed",
          socket,
          request: undefined,
          remoteAddress: "127.0.0.1",
        },
      ]);
    });

    test("nothing is published to those who have unsubscribed", async () => {
      for (const name of names) unsubscribe(name, record);
      const { url } = await listening({});
      const socket = await connect(url);
      socket.terminate();
      expect(published).toEqual([]);
    });
  });
}
