import { type Contender, ours } from "../instrument/contenders.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { CompressionSettings } from "../servers/settings.ts";

/** Part of a contender's compression that only it has. */
export type OwnCompression = Partial<CompressionSettings>;

export const takeoverName = (contextTakeover: boolean) =>
  contextTakeover ? "with context takeover" : "without context takeover";

/** Our server with some compression. */
export function oursWith(runtime: Runtime, name: string, compression: CompressionSettings) {
  return { name, runtime, script: `servers/ours-${runtime.kind}.ts`, options: { compression } };
}

/** The servers of others that can compress or could be expected to, as they do by default but for the threshold. */
export function peersOf(runtime: Runtime, contextTakeover: boolean): Contender[] {
  const { kind } = runtime;
  const options = { compression: { contextTakeover, threshold: 0 } };
  if (kind === "node") return [{ name: "ws", runtime, script: "servers/ws.ts", options }];
  const script = `servers/native-${kind}.ts`;
  return [
    { name: kind === "deno" ? "native, not compressed" : "native", runtime, script, options },
  ];
}

/** Ours by default first. Everybody compresses every message. */
export function deflateServersOf(runtime: Runtime, contextTakeover: boolean): Contender[] {
  const own = { contextTakeover, threshold: 0 };
  const script = `servers/ours-${runtime.kind}.ts`;
  return [
    oursWith(runtime, ours, own),
    oursWith(runtime, "ours, level 6", { ...own, level: 6 }),
    { name: "ours, not compressed", runtime, script },
    ...peersOf(runtime, contextTakeover),
  ];
}
