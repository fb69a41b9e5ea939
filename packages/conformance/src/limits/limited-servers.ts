import type { AnyServeOptions, IncomingRequest, Server } from "@framewright/websocket";
import type { Mode, Query } from "../attack/subject-types.ts";
import { act, answer, honestId, isHonest } from "./actions.ts";
import type { LimitOptions, LimitReport } from "./limit-options.ts";
import { SlowConsumer } from "./slow-consumer.ts";

/**
 * Starts any number of servers in one process: `/serve?options=JSON` returns a new one's port,
 * `/report?port=` what it has seen, and `/stop?port=` ends it.
 */
export const limits: Mode = ({ serve }) => {
  const servers = new Map<string, LimitedServer>();
  return {
    async http({ path, query: text }) {
      const query = new URLSearchParams(text);
      if (path === "/serve") {
        const limited = new LimitedServer(JSON.parse(query.get("options") as string));
        const port = String((await limited.start(serve)).port);
        servers.set(port, limited);
        return { status: 200, body: port };
      }
      const port = query.get("port") as string;
      const limited = servers.get(port);
      if (limited === undefined) return { status: 404 };
      if (path === "/report") return { status: 200, body: JSON.stringify(limited.report()) };
      servers.delete(port);
      await limited.server?.close({ timeout: 0 });
      return { status: 200 };
    },
  };
};

/** One server, and what its handlers were called with. */
class LimitedServer {
  server: Server<Query> | undefined = undefined;
  private readonly options: LimitOptions;
  private readonly events: string[] = [];
  private readonly consumer = new SlowConsumer(() => this.server?.stats().bytesReceived ?? 0);
  private dropped = 0;

  constructor(options: LimitOptions) {
    this.options = options;
  }

  async start(serve: (options: AnyServeOptions<Query>) => Promise<Server<Query>>) {
    this.server = await serve(this.serveOptions());
    return this.server;
  }

  report(): LimitReport {
    const { events, dropped, server } = this;
    if (server === undefined) throw new Error("the server was not started");
    const { consumed, mostWaiting } = this.consumer;
    return { stats: server.stats(), events, dropped, consumed, mostWaiting };
  }

  private serveOptions(): AnyServeOptions<Query> {
    const { consumer, routes, ...options } = this.options;
    const handlers = consumer === undefined ? this.acting() : this.consumer.handlers(consumer);
    const withKeys = Object.entries(routes ?? {}).map(([path, route]) => [path, withKey(route)]);
    return {
      ...withKey(options),
      ...(routes === undefined ? {} : { routes: Object.fromEntries(withKeys) }),
      ...handlers,
      accept: (request) => this.accept(request),
      refused: (request, { code, httpStatus }) => {
        if (request?.query !== `id=${honestId}`) this.note(`refused ${code} ${httpStatus}`);
      },
      dropped: (socket) => {
        if (++this.dropped === 1) this.note(isHonest(socket) ? "dropped for another" : "dropped");
      },
      error: (error) => {
        const { code, message } = error as { code?: string; message: string };
        this.note(`error ${code ?? message}`);
      },
      close: async (socket, statusCode, _, wasClean) => {
        const { error, ...info } = await socket.closed;
        if (isHonest(socket)) return;
        const { code } = (error ?? {}) as { code?: string };
        const isSame = info.statusCode === statusCode && info.wasClean === wasClean;
        const how = isSame ? (wasClean ? " clean" : "") : " unlike socket.closed";
        this.note(`close ${statusCode}${how}${code === undefined ? "" : ` ${code}`}`);
      },
    };
  }

  /** Handlers that do what a client asks. */
  private acting(): Pick<AnyServeOptions<Query>, "message"> {
    return {
      message: (socket, data) =>
        typeof data === "string" && data.startsWith("!")
          ? act(this.server as Server<Query>, socket, data)
          : answer(socket, data),
    };
  }

  /** Decides at once, or after as many milliseconds as the query's `wait` says. */
  private accept(request: IncomingRequest<unknown>): Query | Promise<Query> {
    const query = new URLSearchParams(request.query);
    const wait = query.get("wait");
    if (wait === null) return query;
    request.signal.addEventListener("abort", () => this.note("aborted"));
    return new Promise((resolve) => setTimeout(() => resolve(query), Number(wait)));
  }

  private note(event: string): void {
    this.events.push(event);
  }
}

function withKey<T extends Pick<LimitOptions, "perClient" | "clientHeader">>(options: T) {
  const { clientHeader, perClient, ...others } = options;
  if (perClient === undefined) return others;
  const key = (request: IncomingRequest) => request.headers.get(clientHeader as string);
  return { ...others, perClient: clientHeader === undefined ? perClient : { ...perClient, key } };
}
