/** The runtime support that the transport for this runtime passes to its connections. */
import type { RuntimeSupport } from "@framewright/websocket/transport";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
/** Imported from the source, because the packages do not export it. */
const path = `../../packages/${runtime}-transport/src/runtime-support.ts`;

export const { runtimeSupport } = (await import(path)) as { runtimeSupport: RuntimeSupport };
