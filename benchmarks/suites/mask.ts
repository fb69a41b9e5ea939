import type { MaskOptions } from "../in-process/mask.ts";
import { type Contender, noAddon, ours } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { startInProcess } from "../instrument/in-process.ts";
import { nanosecondColumn, type Row, short } from "../instrument/results.ts";
import { inTurns } from "../instrument/rounds.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { Suite } from "./suite.ts";

const works: readonly (Work & { size: number })[] = [
  { name: "8 B", size: 8 },
  { name: "32 B", size: 32, thorough: true },
  { name: "125 B", size: 125 },
  { name: "512 B", size: 512, thorough: true },
  { name: "1 KiB", size: 1_024 },
  { name: "16 KiB", size: 16_384 },
  { name: "64 KiB", size: 65_536, thorough: true },
  { name: "1 MiB", size: 1_048_576 },
];

type Entrant = Contender & { readonly mask: MaskOptions["function"] };

function contendersOf(runtime: Runtime): Entrant[] {
  const shared = { runtime, script: "in-process/mask.ts" };
  const addon: Entrant = { ...shared, name: "bufferutil", mask: "bufferutil" };
  return [
    { ...shared, name: ours, mask: "applyMask" },
    ...(runtime.kind === "node" ? [addon] : []),
    { ...shared, name: "ws in JavaScript", mask: "ws fallback", env: noAddon },
  ];
}

export const mask: Suite = {
  name: "mask",
  about: "What does masking cost at each size and alignment?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const { name, size } of chosen(context, works)) {
      context.progress(name);
      const starts = context.runtimes
        .flatMap(contendersOf)
        .map((contender) => startInProcess(contender, { function: contender.mask, size }));
      const seconds = context.seconds / 2;
      const amount = { first: 64, most: 500_000_000 };
      const found = await inTurns({ ...context, seconds }, name, starts, amount);
      rows.push(...found.map((row) => withSpeed(row, size)));
    }
    const main = nanosecondColumn("call");
    const columns = [
      { key: "aligned", title: "at offset 0", show: short },
      { key: "worst", title: "at the worst of 0-7", show: short },
      { key: "speed", title: "GB/s", show: short },
    ];
    return [
      { title: "Masking, in process: mean of all alignments", main, columns, rows, notes: [] },
    ];
  },
};

function withSpeed(row: Row, size: number): Row {
  // Bytes per nanosecond are gigabytes per second.
  return { ...row, samples: row.samples.map((one) => ({ ...one, speed: size / one.cpu })) };
}
