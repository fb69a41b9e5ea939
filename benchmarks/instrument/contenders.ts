import type { Line } from "./child.ts";
import type { Runtime } from "./runtimes.ts";

/** A measured script on a runtime. */
export interface Contender {
  /** Name in the report. The others are compared with the contender named `ours`. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Script options of this contender only. */
  readonly options?: Line;
  /** If set, the load generator speaks HTTP/2: all streams share a connection, or each has its own. */
  readonly http2?: "shared" | "own";
}

export const ours = "ours";
export const oursBorrowed = "ours, borrowed messages";
export const raw = "raw TCP";
/** A stream of HTTP/2 without WebSocket. */
export const rawStream = "raw HTTP/2";

/** Disables the native addon of `ws`. */
export const noAddon = { WS_NO_BUFFER_UTIL: "1" };

/** Which peers take part: the main ones, or also those rarely chosen for speed. */
export type Field = "main" | "all";

/** Returns the servers of a runtime, ours first. All of them can echo. */
export function serversOf(runtime: Runtime, field: Field = "main"): Contender[] {
  const { kind } = runtime;
  const server = (name: string, script: string, env = {}): Contender => {
    return { name, runtime, script: `servers/${script}.ts`, env };
  };
  const limit = server(raw, `raw-${kind}`);
  if (kind !== "node")
    return [server(ours, `ours-${kind}`), server("native", `native-${kind}`), limit];
  const others = [server("websocket-driver", "websocket-driver"), server("websocket", "websocket")];
  return [
    server(ours, "ours-node"),
    server("ws", "ws"),
    server("ws, no addon", "ws", noAddon),
    ...(field === "all" ? others : []),
    limit,
  ];
}

/** Returns the servers for binary messages: ours also with borrowed messages. */
export function binaryServersOf(runtime: Runtime, field?: Field): Contender[] {
  const [first, ...others] = serversOf(runtime, field);
  return [first, { ...first, name: oursBorrowed, options: { borrowedMessages: true } }, ...others];
}

/** Returns the clients of a runtime, ours first. All of them echo. */
export function clientsOf(runtime: Runtime): Contender[] {
  const { kind } = runtime;
  const client = (name: string, script: string, env = {}): Contender => {
    return { name, runtime, script: `clients/${script}.ts`, env };
  };
  const limit = client(raw, `raw-${kind}`);
  if (kind !== "node") return [client(ours, `ours-${kind}`), client("native", "native"), limit];
  return [
    client(ours, "ours-node"),
    client("ws", "ws"),
    client("ws, no addon", "ws", noAddon),
    client("native", "native"),
    client("undici", "undici"),
    limit,
  ];
}
