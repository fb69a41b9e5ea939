import { expect, test } from "vitest";
import type { PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { AssemblyResult } from "../../src/message/assembly-result.ts";
import { MessageAssembler } from "../../src/message/message-assembler.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { concat } from "../bytes.ts";
import { deflateFor, deflateMessage, noise, settingsFor } from "../deflate/compressors.ts";
import { frameFor } from "../oracle/frame-writer.ts";

/** Delivers all parts that some frames give. */
function assemble(
  wire: Uint8Array,
  deflate?: PerMessageDeflate,
  receiveMemory?: ReceiveMemory,
  streamFrom = 1_000,
): { parts: (string | Uint8Array)[]; result: AssemblyResult | undefined } {
  const decoder = new FrameDecoder({ role: "server", maxMessageSize: 1 << 22, maxFragments: 100 });
  const assembler = new MessageAssembler(decoder, { streamFrom, receiveMemory });
  assembler.attach(deflate, undefined);
  const parts: (string | Uint8Array)[] = [];
  decoder.push(wire);
  let result: AssemblyResult | undefined;
  for (let turns = 0; ; turns++) {
    if (turns > 10_000) throw new Error("the assembler never needs data");
    if (assembler.isInflating) {
      assembler.retain();
      result = assembler.inflate(1_000);
    } else {
      const step = decoder.next();
      if (step === DecodeStep.NeedData) break;
      result = assembler.take(step);
    }
    if (result === AssemblyResult.Partial || result === AssemblyResult.Inflating) continue;
    if (result !== AssemblyResult.Part) break;
    parts.push(assembler.message);
  }
  assembler.discard();
  return { parts, result };
}

function fragments(opcode: number, rsv1: boolean, ...payloads: Uint8Array[]): Uint8Array {
  return concat(
    payloads.map((payload, index) =>
      frameFor("server", {
        fin: index === payloads.length - 1,
        opcode: index === 0 ? opcode : 0,
        rsv: rsv1 && index === 0 ? 64 : 0,
        payload,
      }),
    ),
  );
}

const bytes = (length: number) => new Uint8Array(length).fill(0x61);
const lengthOf = (parts: (string | Uint8Array)[]) =>
  parts.reduce((sum, { length }) => sum + length, 0);

test("a message is delivered in parts once its frames announce more than streamFrom bytes", () => {
  for (const opcode of [1, 2]) {
    const { parts } = assemble(
      fragments(opcode, false, bytes(800), bytes(0), bytes(300), bytes(2)),
    );
    expect(parts.map(({ length }) => length)).toEqual([1_100, 2]);
    const memory = new ReceiveMemory(900);
    const { result } = assemble(
      fragments(opcode, false, bytes(300), bytes(900)),
      undefined,
      memory,
    );
    // Text is decoded as a whole; the bytes of a binary message are the caller's at once.
    expect(result).toBe(opcode === 1 ? AssemblyResult.NoMemory : AssemblyResult.Part);
    expect(memory.used).toBe(0);
  }
});

test("a compressed message is delivered in parts once more than streamFrom bytes are known", () => {
  for (const opcode of [1, 2]) {
    const uneven = new Uint8Array(3_000).map((_, i) => (i * i * 7) % 127);
    for (const message of [bytes(200_000), bytes(1_500), uneven]) {
      const payload = deflateMessage(message);
      const cuts = [payload.subarray(0, 20), payload.subarray(20, 30), payload.subarray(30)];
      const { parts, result } = assemble(fragments(opcode, true, ...cuts), deflateFor());
      expect(result).toBe(AssemblyResult.Part);
      expect(lengthOf(parts)).toBe(message.length);
      for (let limit = 0; limit < 50_000; limit += 2_000) {
        const memory = new ReceiveMemory(limit);
        const deflate = deflateFor(settingsFor({ maxMemory: 0 }), {});
        assemble(fragments(opcode, true, ...cuts), deflate, memory);
        deflate.close();
        expect(memory.used).toBe(0);
      }
    }
  }
});

test("a compressed message that is gathered before it is long keeps to the memory", () => {
  const message = new Uint8Array(200_000).map((_, index) => index >> 10);
  const results = new Set<AssemblyResult | undefined>();
  for (let limit = 0; limit < 400_000; limit += 5_000) {
    const memory = new ReceiveMemory(limit);
    const deflate = deflateFor(settingsFor({ maxMemory: 0 }), {});
    const wire = fragments(2, true, deflateMessage(message));
    results.add(assemble(wire, deflate, memory, 100_000).result);
    deflate.close();
    expect(memory.used).toBe(0);
  }
  expect([...results]).toEqual([AssemblyResult.NoMemory, AssemblyResult.Part]);
  const wire = fragments(2, true, deflateMessage(noise(3_000)));
  const deflate = deflateFor(settingsFor({ maxMemory: 0 }), {});
  expect(assemble(wire, deflate, new ReceiveMemory(0)).result).toBe(AssemblyResult.NoMemory);
});

test("faults of a compressed message that is delivered in parts", () => {
  const invalid = fragments(2, true, bytes(1_500).fill(7));
  expect(assemble(invalid, deflateFor()).result).toBe(AssemblyResult.InvalidDeflateData);
  const notText = fragments(1, true, deflateMessage(bytes(2_000).fill(0xff)));
  expect(assemble(notText, deflateFor()).result).toBe(AssemblyResult.InvalidText);
  const cut = fragments(1, false, concat([bytes(2_000), new Uint8Array([0xc3])]));
  expect(assemble(cut).result).toBe(AssemblyResult.InvalidText);
});
