import { type Contender, ours } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { deflateMemoryOf } from "../instrument/deflate-memory.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { type Row, short, type Table } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import { oursWith, peersOf, takeoverName } from "./deflate-contenders.ts";

const connections = 1_000;
const quickConnections = 200;
/** Approximate length of a JSON message in bytes. */
const size = 1_024;
/** Messages per connection, one in flight at a time. Together they fill a window of 32 KiB. */
const messages = 32;

const mebibytes = (bytes: number) => short(bytes / 2 ** 20);

function contendersOf(runtime: Runtime, contextTakeover: boolean): Contender[] {
  const own = { contextTakeover, threshold: 0 };
  const unlimited = { ...own, maxMemory: 2 ** 32 };
  const small = { ...unlimited, windowBits: 12, memLevel: 5 };
  const script = `servers/ours-${runtime.kind}.ts`;
  const limited = oursWith(runtime, "ours, default maxMemory", own);
  return [
    oursWith(runtime, ours, unlimited),
    oursWith(runtime, "ours, windowBits 12, memLevel 5", small),
    ...(contextTakeover ? [limited] : [{ name: "ours, not compressed", runtime, script }]),
    ...peersOf(runtime, contextTakeover),
  ];
}

/** Measures servers whose connections have compressed and decompressed some messages. */
export async function deflateMemoryTable(context: Context): Promise<Table> {
  const notes = new Set<string>();
  const count = context.quick ? quickConnections : connections;
  const rows: Row[] = [];
  const works = [false, true].map((contextTakeover) => {
    const name = `${count.toLocaleString("en")} connections, ${takeoverName(contextTakeover)}`;
    return { contextTakeover, name };
  });
  for (const { name, contextTakeover } of works) {
    const isChosen = name.includes(context.work) && (context.size ?? size) === size;
    for (const runtime of isChosen ? context.runtimes : []) {
      const load = { connections: count, size, contextTakeover, messages };
      const measure = async (contender: Contender) => {
        const { extensions, sample } = await deflateMemoryOf(contender, load);
        notes.add(
          `Negotiated ${takeoverName(contextTakeover)}, ${contender.name} on ${runtime.name}: ${extensions}.`,
        );
        return sample;
      };
      const rounds = Math.min(context.rounds, context.quick ? 1 : 2);
      const contenders = contendersOf(runtime, contextTakeover);
      rows.push(...(await freshRounds(context, name, contenders, rounds, measure)));
    }
  }
  const main = { key: "bytes", title: "bytes/connection", show: short };
  const columns = [
    { key: "peak", title: "at the peak", show: short },
    { key: "before", title: "MiB without", show: mebibytes },
    { key: "after", title: "MiB with", show: mebibytes },
    { key: "most", title: "MiB at the peak", show: mebibytes },
    {
      key: "compressed",
      title: "compressed",
      show: (part: number) => `${Math.round(part * 100)}%`,
    },
  ];
  const title = "Memory with permessage-deflate";
  return { title, main, columns, rows, notes: [...notes] };
}
