import type { Line } from "./child.ts";
import type { Runtime } from "./runtimes.ts";

/** Something that is measured: a script on a runtime. */
export interface Contender {
  /** What others are compared with is called `ours`. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Options of the script that only this contender has. */
  readonly options?: Line;
}

export const ours = "ours";
export const oursBorrowed = "ours, borrowed messages";
export const raw = "raw TCP";

/** Takes the native addon away from `ws`. */
export const noAddon = { WS_NO_BUFFER_UTIL: "1" };

/** How many of the peers take part: the main ones, or also those that few would choose for speed. */
export type Field = "main" | "all";

/** The servers of a runtime, ours first. Every one of them can echo. */
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

/** Servers for binary messages: ours also with messages that are lent to the handler. */
export function binaryServersOf(runtime: Runtime, field?: Field): Contender[] {
  const [first, ...others] = serversOf(runtime, field);
  return [first, { ...first, name: oursBorrowed, options: { borrowedMessages: true } }, ...others];
}

/** The clients of a runtime, ours first. Every one of them echoes. */
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
