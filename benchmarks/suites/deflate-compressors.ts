import type { CompressorOptions } from "../in-process/compressors.ts";
import { type Contender, ours } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { startInProcess } from "../instrument/in-process.ts";
import { cpuColumn, type Row, short, type Table } from "../instrument/results.ts";
import { inTurns } from "../instrument/rounds.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import { takeoverName } from "./deflate-contenders.ts";

type CompressorWork = Work & Omit<CompressorOptions, "compressor" | "level">;

const sizes = [
  { title: "200 B", size: 200 },
  { title: "1 KiB", size: 1_024 },
  { title: "16 KiB", size: 16_384 },
  { title: "64 KiB", size: 65_536, thorough: true },
];

function* everyWork(): Generator<CompressorWork> {
  for (const direction of ["compress", "decompress"] as const) {
    for (const contextTakeover of [false, true]) {
      for (const { title, ...rest } of sizes) {
        const name = `${direction} ${title}, ${takeoverName(contextTakeover)}`;
        yield { ...rest, direction, contextTakeover, name };
      }
    }
  }
}

/** Returns the contenders for a work. Not every compressor supports every work. */
function contendersOf(runtime: Runtime, { direction, contextTakeover }: CompressorWork) {
  const contender = (name: string, compressor: CompressorOptions["compressor"], level = 6) => {
    return { name, runtime, script: "in-process/compressors.ts", options: { compressor, level } };
  };
  const ownLevel = direction === "compress" ? 3 : 6;
  const contenders: Contender[] = [contender(ours, "handle", ownLevel)];
  if (direction === "compress") contenders.push(contender("ours, level 6", "handle"));
  if (!contextTakeover) contenders.push(contender("node:zlib at once", "at once"));
  else if (runtime.kind !== "deno") {
    contenders.push(contender("node:zlib at once, dictionary", "at once"));
  }
  contenders.push(contender("ws", "ws"));
  if (runtime.kind === "bun" && !contextTakeover) {
    contenders.push(contender("Bun, zlib", "Bun zlib"), contender("Bun, libdeflate", "libdeflate"));
  }
  return contenders;
}

/** Measures compressors of JSON within a process. */
export async function compressorTable(context: Context): Promise<Table> {
  const rows: Row[] = [];
  const shorter = { ...context, seconds: context.seconds / 3 };
  for (const work of chosen(context, [...everyWork()])) {
    context.progress(work.name);
    const { size, direction, contextTakeover } = work;
    const starts = context.runtimes
      .flatMap((runtime) => contendersOf(runtime, work))
      .map((contender) =>
        startInProcess(contender, { size, direction, contextTakeover, ...contender.options }),
      );
    rows.push(...(await inTurns(shorter, work.name, starts, { first: 16, most: 1_000_000 })));
  }
  const columns = [{ key: "bytes", title: "compressed bytes", show: short }];
  const main = cpuColumn("message");
  const notes = ["Deno's synchronous functions of node:zlib ignore the dictionary."];
  return { title: "Compressors of JSON, in process", main, columns, rows, notes };
}
