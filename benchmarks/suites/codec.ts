import type { CodecOptions } from "../in-process/codec-work.ts";
import { type Contender, noAddon, ours, oursBorrowed } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { startInProcess } from "../instrument/in-process.ts";
import { nanosecondColumn, type Row, short } from "../instrument/results.ts";
import { inTurns } from "../instrument/rounds.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { PayloadKind } from "../load/frames.ts";
import type { Suite } from "./suite.ts";

type CodecWork = Work & CodecOptions & { readonly size: number };

/** Bytes in one read. */
const read = 65_536;
/** Bytes that one TCP segment carries. */
const segment = 1_448;

const sizes = [8, 32, 125, 1_024, 16_384, 1_048_576];
const quickSizes = [32, 1_024, 1_048_576];

function name(options: CodecOptions): string {
  const { direction, masked, kind, size, chunkLength } = options;
  const pieces = chunkLength === segment ? " in segments" : "";
  return `${direction} ${masked ? "masked" : "unmasked"} ${kind}, ${size} B${pieces}`;
}

function* everyWork(): Generator<CodecWork> {
  for (const direction of ["decode", "encode"] as const) {
    for (const masked of [true, false]) {
      for (const kind of ["binary", "text", "mixed text"] as PayloadKind[]) {
        // Decoding alternates between masked and plain payloads, and both must be valid text.
        if (kind === "mixed text" && direction === "decode" && masked) continue;
        yield* worksOf({ direction, masked, kind });
      }
    }
  }
}

function* worksOf(some: Pick<CodecOptions, "direction" | "masked" | "kind">): Generator<CodecWork> {
  for (const size of some.kind === "mixed text" ? [125, 16_384] : sizes) {
    for (const chunkLength of [read, segment]) {
      if (chunkLength === segment && (some.direction === "encode" || size < 16_384)) continue;
      const options = { ...some, size, chunkLength };
      const thorough =
        chunkLength === segment || some.kind === "mixed text" || !quickSizes.includes(size);
      yield { ...options, name: name(options), thorough };
    }
  }
}

function contendersOf(runtime: Runtime, { direction, kind }: CodecWork): Contender[] {
  const script = "in-process/codec-ours.ts";
  const peer = { runtime, script: "in-process/codec-ws.ts" };
  const own: Contender[] = [{ name: ours, runtime, script }];
  if (direction === "decode" && kind === "binary") {
    own.push({ name: oursBorrowed, runtime, script, options: { borrowedMessages: true } });
  }
  if (runtime.kind !== "node") return own;
  return [...own, { ...peer, name: "ws" }, { ...peer, name: "ws, no addon", env: noAddon }];
}

export const codec: Suite = {
  name: "codec",
  about: "What do decoding and encoding messages cost without any I/O?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const work of chosen(context, [...everyWork()])) {
      context.progress(work.name);
      const { direction, masked, kind, size, chunkLength } = work;
      const options = { direction, masked, kind, size, chunkLength };
      const starts = context.runtimes
        .flatMap((runtime) => contendersOf(runtime, work))
        .map((contender) => startInProcess(contender, options));
      const short = { ...context, seconds: context.seconds / 3 };
      const found = await inTurns(short, work.name, starts, { first: 64, most: 50_000_000 });
      rows.push(...found.map((row) => withSpeed(row, size)));
    }
    const speed = { key: "speed", title: "MB/s", show: short };
    const main = nanosecondColumn("message");
    return [{ title: "Codec, in process", main, columns: [speed], rows, notes: [] }];
  },
};

function withSpeed(row: Row, size: number): Row {
  // Bytes per nanosecond are gigabytes per second.
  return {
    ...row,
    samples: row.samples.map((one) => ({ ...one, speed: (size / one.cpu) * 1_000 })),
  };
}
