import { refuse, route, type ServeOptions, type Socket } from "@framewright/websocket";
import { serveWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

/** Starts a server and returns a function that asks it for a path. */
async function serving(options: ServeOptions<unknown>) {
  const refused: string[] = [];
  const memory = await memoryServer<unknown>({
    refused: (request, fault) => void refused.push(`${request?.path} ${fault.code}`),
    ...options,
  });
  const ask = async (target: string, ...lines: string[]) => {
    const connection = memory.dial();
    connection.peer.send(upgradeRequest(target, ...lines));
    await settle();
    return { ...connection, status: Number(connection.peer.text.split(" ")[1]) };
  };
  return { ...memory, ask, refused };
}

test("each route has its own accept, handlers and data; other paths get 404", async () => {
  const events: unknown[] = [];
  const { ask, refused } = await serving({
    routes: {
      "/rooms/:room": {
        accept: ({ params }) => ({ room: params.room }),
        open: (socket) => void events.push(["room", socket.data]),
      },
      "/feed": { open: (socket) => void events.push(["feed", socket.data]) },
    },
    accept: ({ path }) => path,
    open: () => void events.push("server"),
  });
  expect((await ask("/rooms/a%20b?x=/feed")).status).toBe(101);
  expect((await ask("/feed")).status).toBe(101);
  const other = await ask("/other");
  expect(other.status).toBe(404);
  expect(other.peer.text).toContain("nothing is at this path (WS_ERR_NO_ROUTE)\n");
  expect((await ask("/rooms/%zz")).status).toBe(400);
  expect((await ask("/rooms/../feed")).status).toBe(404);
  expect(events).toEqual([
    ["room", { room: "a b" }],
    ["feed", "/feed"],
  ]);
  expect(refused).toEqual([
    "/other WS_ERR_NO_ROUTE",
    "/rooms/%zz WS_ERR_INVALID_HTTP",
    "/rooms/../feed WS_ERR_NO_ROUTE",
  ]);
});

test("handlers are methods of the object that has them", async () => {
  const server = {
    name: "server",
    routes: {
      "/own": {
        name: "own",
        open(socket: Socket<unknown>) {
          socket.send(this.name);
        },
        responseHeaders() {
          return { "X-Name": this.name };
        },
      },
      "/inherited": {},
    },
    responseHeaders() {
      return { "X-Name": this.name };
    },
    open(socket: Socket<unknown>) {
      socket.send(this.name);
    },
  };
  // Instances may have properties that are no options.
  Object.setPrototypeOf(server, class {}.prototype);
  Object.setPrototypeOf(server.routes["/own"], class {}.prototype);
  const memory = await memoryServer<unknown>(server);
  for (const [path, name] of [
    ["/own", "own"],
    ["/inherited", "server"],
  ]) {
    const { peer } = memory.dial();
    peer.send(upgradeRequest(path));
    await settle();
    expect(peer.text).toContain(`\r\nX-Name: ${name}\r\n`);
    expect(peer.text).toContain(`\x81${String.fromCharCode(name.length)}${name}`);
  }
});

test("limits and subprotocols of a route replace those of the server", async () => {
  const { ask } = await serving({
    maxMessageSize: 10,
    subprotocols: ["a"],
    origins: [],
    routes: {
      "/large": { maxMessageSize: 100, subprotocols: ["b"], origins: "any" },
      "/small": {},
    },
    message: (socket, data) => void socket.send(data),
  });
  const offer = "Sec-WebSocket-Protocol: a, b";
  const large = await ask("/large", offer, "Origin: http://x.example");
  const small = await ask("/small", offer);
  expect((await ask("/small", "Origin: http://x.example")).status).toBe(403);
  expect(large.peer.text).toContain("Sec-WebSocket-Protocol: b\r\n");
  expect(small.peer.text).toContain("Sec-WebSocket-Protocol: a\r\n");
  for (const { peer } of [large, small]) {
    peer.received = new Uint8Array(0);
    peer.send(maskedFrame(0x82, "x".repeat(11)));
  }
  await settle();
  expect([...large.peer.received.slice(0, 2)]).toEqual([0x82, 11]);
  const [opcode, , ...rest] = small.peer.received;
  expect([opcode, ...rest.slice(0, 2)]).toEqual([0x88, 0x03, 0xf1]); // 1009
});

describe("limits on connections", () => {
  test("of the server hold for all routes together, of a route for itself", async () => {
    const { ask, refused, server } = await serving({
      maxConnections: 3,
      routes: { "/few": { maxConnections: 1 }, "/many": {} },
    });
    const few = await ask("/few");
    expect(few.status).toBe(101);
    const second = await ask("/few");
    expect(second.status).toBe(503);
    expect(second.peer.text).toContain("Retry-After: 5\r\n");
    expect((await ask("/many")).status).toBe(101);
    expect((await ask("/many")).status).toBe(101);
    expect((await ask("/many")).status).toBe(503);
    few.peer.transport.destroy();
    await settle();
    expect((await ask("/few")).status).toBe(101);
    expect(refused).toEqual([
      "/few WS_ERR_TOO_MANY_CONNECTIONS",
      "/many WS_ERR_TOO_MANY_CONNECTIONS",
    ]);
    expect(server.stats().refused).toEqual({ WS_ERR_TOO_MANY_CONNECTIONS: 2 });
  });

  test("of each client: counted until the socket is closed or the handshake has failed", async () => {
    let decide: ((refused: boolean) => void) | undefined;
    const { ask, refused } = await serving({
      perClient: { connections: 2, key: ({ headers }) => headers.get("x-client") },
      accept: ({ path }) => {
        if (path !== "/wait") return path === "/no" ? refuse(403) : undefined;
        return new Promise((resolve) => {
          decide = (isRefused) => resolve(isRefused ? refuse(403) : undefined);
        });
      },
    });
    const first = await ask("/", "X-Client: a");
    await ask("/wait", "X-Client: a");
    const third = await ask("/", "X-Client: a");
    expect(third.status).toBe(429);
    expect(third.peer.text).toContain("Retry-After: 5\r\n");
    expect((await ask("/", "X-Client: b")).status).toBe(101);
    expect((await ask("/")).status).toBe(101); // exempt
    decide?.(true);
    await settle();
    expect((await ask("/no", "X-Client: a")).status).toBe(403);
    const gone = await ask("/wait", "X-Client: a");
    gone.peer.transport.destroy();
    await settle();
    const second = await ask("/", "X-Client: a");
    expect(second.status).toBe(101);
    expect((await ask("/", "X-Client: a")).status).toBe(429);
    first.peer.transport.destroy();
    await settle();
    expect((await ask("/", "X-Client: a")).status).toBe(101);
    expect(refused.filter((line) => line.includes("CLIENT"))).toEqual([
      "/ WS_ERR_CLIENT_CONNECTIONS",
      "/ WS_ERR_CLIENT_CONNECTIONS",
    ]);
  });

  test("handshakes of each client, before accept is called", async () => {
    let asked = 0;
    const { ask, server } = await serving({
      perClient: { handshakesPerMinute: 2, key: () => "all" },
      accept: () => void asked++,
    });
    const statuses = [await ask("/"), await ask("/"), await ask("/")].map(({ status }) => status);
    expect(statuses).toEqual([101, 101, 429]);
    expect((await ask("/")).peer.text).toMatch(
      /^HTTP\/1.1 429 Too Many Requests\r\nRetry-After: (29|30)\r\n/,
    );
    expect(asked).toBe(2);
    expect(server.stats().refused).toEqual({ WS_ERR_CLIENT_HANDSHAKES: 2 });
  });

  test("a key that throws gives 500", async () => {
    const errors: unknown[] = [];
    const { ask } = await serving({
      perClient: {
        key: () => {
          throw new Error("no key");
        },
      },
      error: (error) => void errors.push((error as Error).message),
    });
    expect((await ask("/")).status).toBe(500);
    expect(errors).toEqual(["no key"]);
  });
});

describe("invalid options name the route", () => {
  const never = () => Promise.reject(new Error("must not be called"));
  test.each<[unknown, string]>([
    [[], "option routes must be an object, got "],
    [5, "option routes must be an object, got 5"],
    [{ "/a": 5 }, 'option routes["/a"] must be an object, got 5'],
    [{ "/a": { port: 1 } }, 'there is no option routes["/a"].port'],
    [{ "/a": { closeTimeout: 1 } }, 'there is no option routes["/a"].closeTimeout'],
    [{ "/a": { open: 1 } }, 'routes["/a"]: option open must be a function, got 1'],
    [{ "/a": { accept: 1 } }, 'routes["/a"]: option accept must be a function, got 1'],
    [
      { "/a": { maxConnections: -1 } },
      'routes["/a"]: option maxConnections must be an integer from 0 to 9007199254740991, got -1',
    ],
    [
      { "/a": { heartbeat: 5 } },
      'routes["/a"]: option heartbeat must be an object or false, got 5',
    ],
    [{ a: {} }, 'option routes has the pattern "a": it must start with a slash'],
    [{ "/:a": {}, "/:b": {} }, 'option routes has "/:a" and "/:b", which match the same paths'],
  ])("%j", async (routes, message) => {
    const starting = serveWith({ routes } as ServeOptions, never);
    await expect(starting).rejects.toMatchObject({
      message: `${message} (WS_ERR_INVALID_OPTION)`,
      code: "WS_ERR_INVALID_OPTION",
    });
  });
});

/** Checked by the compiler: parameters and data have the types of their route. */
export const typed = () =>
  memoryServer({
    routes: {
      ...route("/rooms/:room/*", {
        async accept({ params }) {
          if (params["*"] === "") return refuse(404);
          // @ts-expect-error no such parameter
          params.nothing;
          return { room: params.room, length: 1 };
        },
        open: (socket) => void socket.send(socket.data.room + socket.data.length.toFixed()),
        close(socket) {
          // @ts-expect-error no such property
          socket.data.nothing;
        },
      }),
      ...route("/feed", { open: (socket): undefined => socket.data }),
    },
  });
export const typedInPlace = () =>
  memoryServer<{ name: string }>({
    accept: () => ({ name: "" }),
    routes: { "/a/:b": { open: (socket) => void socket.data.name, accept: () => ({ name: "" }) } },
  });

test("a refusal by accept stays one when others have taken the last place meanwhile", async () => {
  let decide: (() => void) | undefined;
  const { ask } = await serving({
    maxConnections: 1,
    accept: ({ path }) => {
      if (path !== "/wait") return undefined;
      return new Promise((resolve) => {
        decide = () => resolve(refuse(401, "not signed in"));
      });
    },
  });
  const waiting = await ask("/wait");
  expect((await ask("/")).status).toBe(101);
  decide?.();
  await settle();
  expect(waiting.peer.text).toMatch(/^HTTP\/1.1 401 /);
});

test("an Error that accept returns is the socket's data", async () => {
  const data = new Error("kept");
  const { ask, server } = await serving({ accept: () => data });
  expect((await ask("/")).status).toBe(101);
  expect([...server.clients].map((socket) => socket.data)).toEqual([data]);
});
