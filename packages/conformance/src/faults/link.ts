import type {
  CommonOptions,
  ConnectOptions,
  ServeOptions,
  Server,
  Socket,
} from "@framewright/websocket";
import { type SideOutcome, type Talk, TalkingSide } from "./talk.ts";

/** The functions of the transport package under test. */
interface LinkTransports {
  serve(options: ServeOptions<TalkingSide | undefined>): Promise<Server<TalkingSide | undefined>>;
  connect(url: string, options: ConnectOptions<undefined>): Promise<Socket<undefined>>;
}

/** What a client's process answers to `GET /talk`. */
export interface ClientOutcome extends SideOutcome {
  /** The code of the error of `connect`. */
  readonly error?: string;
}

/** A path that loses bytes without telling is noticed soon, in milliseconds. */
const patience = 500;

function commonOptions(compresses: boolean): CommonOptions {
  return {
    closeTimeout: patience,
    heartbeat: { interval: patience, timeout: patience },
    ...(compresses ? { compression: { threshold: 0 } } : {}),
  };
}

/**
 * Runs a server that takes its part of each talk from the URL of its client. It is controlled by
 * HTTP: `GET /talk` plays the client's part of a talk with another server, and `GET /outcome`
 * returns what the server has seen of one.
 */
export async function runLink({ serve, connect }: LinkTransports): Promise<void> {
  const talks = new Map<string, TalkingSide>();
  const server = await serve({
    ...commonOptions(true),
    accept(request) {
      const query = new URLSearchParams(request.query);
      const side = new TalkingSide(JSON.parse(query.get("talk") as string), "server");
      talks.set(query.get("id") as string, side);
      return side;
    },
    open: (socket) => socket.data?.handlers.open?.(socket as never),
    message: (socket, data) => socket.data?.handlers.message?.(socket as never, data),
    close: (socket, ...how) => socket.data?.handlers.close?.(socket as never, ...how),
    async http(request) {
      const query = new URLSearchParams(request.query);
      const body =
        request.path === "/talk"
          ? await talkTo(connect, query.get("url") as string, query.get("talk") as string)
          : talks.get(query.get("id") as string)?.outcome;
      return { status: 200, body: JSON.stringify(body ?? null) };
    },
  });
  console.log(`listening on ws://127.0.0.1:${server.port}`);
}

async function talkTo(
  connect: LinkTransports["connect"],
  url: string,
  json: string,
): Promise<ClientOutcome> {
  const talk: Talk = JSON.parse(json);
  const side = new TalkingSide(talk, "client");
  try {
    const options = {
      ...side.handlers,
      ...commonOptions(talk.compresses),
      handshakeTimeout: 2 * patience,
    };
    const socket = await connect(`${url}&talk=${encodeURIComponent(json)}`, options as object);
    await socket.closed;
    return side.outcome;
  } catch (error) {
    return { ...side.outcome, error: (error as { code?: string }).code ?? String(error) };
  }
}
