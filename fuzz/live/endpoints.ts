import { createServer, type Socket as NetSocket } from "node:net";
import type { AnyConnectOptions, AnyServeOptions, Server, Socket } from "@framewright/websocket";
import { handlersFor, iterate, Record } from "./user.ts";

/** The functions of one transport package. */
interface Transport {
  serve(options: AnyServeOptions<Record>): Promise<Server<Record>>;
  connect(url: string, options: AnyConnectOptions<Record>): Promise<Socket<Record>>;
}

/** The runtime that this code runs on. */
export const runtime: "node" | "deno" | "bun" =
  "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

/** Limits that inputs can exceed. */
export const limits = { maxMessageSize: 65_536, maxFragments: 1_000 };
const options = { ...limits, compression: true };

/** A server under test with an honest neighbour, and a listener for clients under test. */
export interface Endpoints {
  readonly server: Server<Record>;
  /** What the next connection to the server records. */
  record: Record;
  /** Resolves when the server has answered its neighbour. */
  askNeighbour(): Promise<void>;
  /** Connects a client under test. Returns the other end of its connection, too. */
  connect(record: Record): { opening: Promise<Socket<Record>>; accepted: Promise<NetSocket> };
}

export async function startEndpoints(): Promise<Endpoints> {
  const { serve, connect }: Transport = await import(`@framewright/${runtime}-transport`);
  const current = { record: new Record("echo") };
  const server = await startServer(serve, current);
  const accepting: ((socket: NetSocket) => void)[] = [];
  const listener = createServer({ allowHalfOpen: true }, (socket) => accepting.shift()?.(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  return Object.assign(current, {
    server,
    askNeighbour: await startNeighbour(connect, server.port),
    connect(record: Record) {
      const accepted = new Promise<NetSocket>((resolve) => accepting.push(resolve));
      const { message, ...handlers } = handlersFor<Record>((socket) => socket.data);
      const iterates = record.behaviour === "iterate";
      const opening = connect(`ws://127.0.0.1:${port}/`, {
        ...options,
        ...handlers,
        ...(iterates || message === undefined ? {} : { message }),
        subprotocols: ["chat"],
        data: record,
      });
      if (iterates) opening.then((socket) => iterate(socket, record)).catch(() => {});
      return { opening, accepted };
    },
  });
}

function startServer(serve: Transport["serve"], current: { readonly record: Record }) {
  const { message, open, ...handlers } = handlersFor<Record>((socket) => socket.data);
  const broadcasting = handlersFor<Record>((socket) => socket.data);
  const neighbour: AnyServeOptions<Record> = {
    message: (socket, data) => void socket.send(data),
  };
  const server: Promise<Server<Record>> = serve({
    ...options,
    subprotocols: ["chat"],
    accept: () => current.record,
    routes: {
      "/neighbour": neighbour,
      "/iterate": {
        ...handlers,
        open(socket) {
          open?.(socket);
          void iterate(socket, socket.data);
        },
      },
      "/broadcast": {
        ...broadcasting,
        async message(socket, data) {
          await broadcasting.message?.(socket, data);
          (await server).broadcast("to all");
        },
      },
      "/*": { ...handlers, ...(open && message ? { open, message } : {}) },
    },
  });
  return server;
}

async function startNeighbour(
  connect: Transport["connect"],
  port: number,
): Promise<() => Promise<void>> {
  let asked = 0;
  let answered: ((text: string) => void) | undefined;
  const neighbour = await connect(`ws://127.0.0.1:${port}/neighbour`, {
    message(_, data) {
      if (data !== "to all") answered?.(String(data));
    },
  });
  return () => {
    const question = `question ${asked++}`;
    return new Promise((resolve, reject) => {
      answered = (text) => {
        if (text === question) resolve();
        else reject(new Error(`the neighbour got ${text} for ${question}`));
      };
      if (neighbour.send(question) === "dropped") reject(new Error("the neighbour is closed"));
    });
  };
}
