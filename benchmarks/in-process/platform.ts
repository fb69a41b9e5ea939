/** What our transport for this runtime gives each of its connections. */
import type { RuntimeSupport } from "@framewright/websocket/transport";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
/** From its source: the packages export no such thing. */
const path = `../../packages/${runtime}-transport/src/platform.ts`;

export const { platform } = (await import(path)) as { platform: RuntimeSupport };
