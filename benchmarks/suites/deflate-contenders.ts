import { type Contender, ours } from "../instrument/contenders.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { CompressionSettings } from "../servers/settings.ts";

/** Compression settings of one contender only. */
export type OwnCompression = Partial<CompressionSettings>;

export const takeoverName = (contextTakeover: boolean) =>
  contextTakeover ? "with context takeover" : "without context takeover";

/** Returns our server with compression settings. */
export function oursWith(runtime: Runtime, name: string, compression: CompressionSettings) {
  return { name, runtime, script: `servers/ours-${runtime.kind}.ts`, options: { compression } };
}

/**
 * Returns the other servers that can compress or could be expected to, with their default settings
 * except for the threshold.
 */
export function peersOf(runtime: Runtime, contextTakeover: boolean): Contender[] {
  const { kind } = runtime;
  const options = { compression: { contextTakeover, threshold: 0 } };
  if (kind === "node") return [{ name: "ws", runtime, script: "servers/ws.ts", options }];
  const script = `servers/native-${kind}.ts`;
  return [
    { name: kind === "deno" ? "native, not compressed" : "native", runtime, script, options },
  ];
}

/**
 * Returns the servers, ours with default settings first. Those that compress do so for every
 * message.
 */
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
