import type { Transports } from "../../src/attack/subject-types.ts";

/** Returns the transport package of the runtime that runs this. */
export async function transport(): Promise<Transports> {
  if ("Bun" in globalThis) return import("@framewright/bun-transport");
  if ("Deno" in globalThis) return import("@framewright/deno-transport");
  return import("@framewright/node-transport");
}
