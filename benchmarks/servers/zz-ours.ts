import { runOurs } from "./ours.ts";
const kind = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const { serve } = await import(`@framewright/${kind}-transport`);
await runOurs((o: object) => serve({ ...o, maxBytesPerTurn: 2 ** 30, maxFramesPerTurn: 2 ** 30 }));
