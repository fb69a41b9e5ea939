import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { rows } from "../../../../test-depth.ts";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { AssemblyResult } from "../../src/message/assembly-result.ts";
import { MessageAssembler } from "../../src/message/message-assembler.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { concat, cut } from "../bytes.ts";
import { deflateFor, deflateMessage, noise, settingsFor } from "../deflate/compressors.ts";
import { frameFor } from "../oracle/frame-writer.ts";

const maxMessageSize = 4_000_000;
/** Memory limits in bytes, from none to more than enough. */
const limits = [0, 1_000, 30_000, 60_000, 120_000, 200_000, 400_000, 1_000_000, 2_000_000, 2 ** 30];

interface Kind {
  isText: boolean;
  compression: "none" | "stored" | "full";
  length: number;
  turn: number;
}

const kinds: Kind[] = [true, false].flatMap((isText) =>
  (["none", "stored", "full"] as const).flatMap((compression) =>
    [100_000, 2_500_000].flatMap((length) =>
      [1, 100_000, Number.POSITIVE_INFINITY].map((turn) => ({ isText, compression, length, turn })),
    ),
  ),
);

/** Assembles a message from two frames and several chunks with a memory limit. */
function assemble({ isText, compression, turn }: Kind, data: Uint8Array, limit: number) {
  const receiveMemory = new ReceiveMemory(limit);
  const deflate = deflateFor(settingsFor({ maxMessageSize }));
  const decoder = new FrameDecoder({ role: "client", maxMessageSize, maxFragments: 10 });
  const assembler = new MessageAssembler(decoder, { receiveMemory });
  assembler.attach(deflate, undefined);
  const isStored = compression === "stored";
  const payload =
    compression === "none" ? data : deflateMessage(data, isStored ? { level: 0 } : {});
  const half = payload.length >> 1;
  const rsv = compression === "none" ? 0 : 0x40;
  const wire = concat([
    frameFor("client", {
      fin: false,
      rsv,
      opcode: isText ? 1 : 2,
      payload: payload.slice(0, half),
    }),
    frameFor("client", { opcode: 0, payload: payload.slice(half) }),
  ]);
  let result: AssemblyResult = AssemblyResult.Partial;
  for (const chunk of cut(wire, [Math.max(wire.length >> 2, 1)])) {
    decoder.push(chunk);
    for (let step = decoder.next(); step !== DecodeStep.NeedData; step = decoder.next()) {
      result = assembler.take(step, turn);
      while (result === AssemblyResult.Inflating) {
        assembler.retain();
        chunk.fill(0xee);
        result = assembler.inflate(turn);
      }
      expect(receiveMemory.used).toBeLessThanOrEqual(limit);
      if (result !== AssemblyResult.Partial) break;
    }
    if (result !== AssemblyResult.Partial) break;
    assembler.retain();
  }
  const { message } = assembler;
  const isWhole = result === AssemblyResult.Complete;
  if (isWhole) expect(receiveMemory.used).toBe(0);
  assembler.discard();
  deflate.close();
  expect(receiveMemory.used).toBe(0);
  return { result, message };
}

test.each(kinds)("stays within the memory limit and releases all memory: %o", (kind) => {
  const { isText, length } = kind;
  const data = isText ? new Uint8Array(length).fill(0x61) : noise(length);
  let wasComplete = false;
  for (const limit of [...rows(limits.slice(0, -1)), limits[limits.length - 1]]) {
    const { result, message } = assemble(kind, data, limit);
    // A message that fits into a limit fits into a higher one.
    expect(result).toBe(
      wasComplete || result === AssemblyResult.Complete
        ? AssemblyResult.Complete
        : AssemblyResult.NoMemory,
    );
    wasComplete = result === AssemblyResult.Complete;
    if (!wasComplete) continue;
    const bytes = typeof message === "string" ? Buffer.from(message) : message;
    expect(Buffer.compare(bytes, data)).toBe(0);
    expect(typeof message === "string").toBe(isText);
  }
  expect(wasComplete).toBe(true);
});

test("needs receive memory for an inflator if the pool's memory is used up", () => {
  for (const [limit, expected] of [
    [50_000, AssemblyResult.NoMemory],
    [60_000, AssemblyResult.Complete],
  ] as const) {
    const receiveMemory = new ReceiveMemory(limit);
    const deflate = deflateFor(settingsFor({ maxMemory: 0 }));
    const decoder = new FrameDecoder({ role: "client", maxMessageSize, maxFragments: 10 });
    const assembler = new MessageAssembler(decoder, { receiveMemory });
    assembler.attach(deflate, undefined);
    const payload = deflateMessage(new Uint8Array(100));
    decoder.push(frameFor("client", { rsv: 0x40, opcode: 2, payload }));
    expect(assembler.take(decoder.next())).toBe(expected);
    deflate.close();
    expect(receiveMemory.used).toBe(0);
  }
});
