/**
 * A check by the compiler only: `accept` and `data` are required if `socket.data` needs them, and its
 * type is inferred from them.
 */
import {
  attach,
  type ConnectOptions,
  connect,
  createUpgrades,
  type HttpServer,
  reconnecting,
  route,
  type ServeOptions,
  type Server,
  type Socket,
  serve,
} from "@framewright/node-transport";
import { pair, serve as serveInMemory } from "@framewright/websocket/testing";

interface User {
  readonly name: string;
}

declare const httpServer: HttpServer;
const url = "ws://server.test/";

export async function inferred(): Promise<void> {
  const server: Server<User> = await serve({
    accept: () => ({ name: "x" }),
    message(socket) {
      socket.data.name satisfies string;
    },
  });
  for (const { data } of server.clients) data.name satisfies string;
  await serve({
    async accept(request) {
      return { path: request.path };
    },
    open: (socket) => socket.send(socket.data.path),
  });
  const plain: Server = await serve({ message: (socket, data) => socket.send(data) });
  await plain.close();
  const client = await connect(url, {
    data: { count: 0 },
    message: (socket) => socket.data.count++,
  });
  client.data.count satisfies number;
  const withoutData: Socket = await connect(url, { headers: { a: "b" } });
  withoutData.data satisfies undefined;
  attach(httpServer, { accept: () => 1, message: (socket) => socket.data.toFixed() });
  reconnecting(url, { data: [1], open: (socket) => socket.data.length });
}

export async function required(): Promise<void> {
  // @ts-expect-error: accept
  await serve<User>({});
  // @ts-expect-error: accept
  await serve({ message: (_: Socket<User>) => {} });
  // @ts-expect-error: accept
  attach<User>(httpServer, { path: "/" });
  // @ts-expect-error: accept
  createUpgrades<User>({});
  // @ts-expect-error: accept
  await serveInMemory<User>({});
  // @ts-expect-error: options
  await serveInMemory<User>();
  // @ts-expect-error: data
  await connect<User>(url, {});
  // @ts-expect-error: options
  await connect<User>(url);
  // @ts-expect-error: data
  reconnecting<User>(url, { minDelay: 1 });
  // @ts-expect-error: accept of the server
  await pair<User>({ server: {} });
  // @ts-expect-error: server
  await pair<User>({});
  // @ts-expect-error: accept
  route<"/", User>("/", {});
}

export async function optional(options: ConnectOptions | undefined): Promise<void> {
  await serve<User | undefined>({});
  await serve<unknown>({ open: (socket: Socket<unknown>) => socket.close() });
  await connect<User | undefined>(url, {});
  await connect(url, options);
  await pair();
  await serve<User>({ routes: { "/a": { accept: () => ({ name: "a" }) } } });
  await serve<User>({ accept: () => ({ name: "a" }), routes: { "/a": {} } });
  await serve({
    routes: {
      "/number": { accept: () => 1, message: (socket) => socket.data.toFixed() },
      ...route("/user/:name", {
        accept: ({ params }) => ({ name: params.name }),
        open: (socket) => socket.send(socket.data.name),
      }),
      "/none": { message: (socket, data) => socket.send(data) },
    },
  });
  // Options may be written apart, with their type.
  const annotated: ServeOptions<User> = { accept: () => ({ name: "a" }) };
  await serve(annotated);
}

export async function routesRequire(): Promise<void> {
  // @ts-expect-error: neither the server nor this route has accept
  await serve<User>({ routes: { "/a": {} } });
}
