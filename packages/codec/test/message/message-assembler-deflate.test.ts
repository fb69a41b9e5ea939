import { describe, expect, test } from "vitest";
import type { PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { AssemblyResult } from "../../src/message/assembly-result.ts";
import { MessageAssembler } from "../../src/message/message-assembler.ts";
import type { MessageOptions } from "../../src/message/message-options.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { standardTextCoding } from "../../src/utf8.ts";
import { ascii, bytes, concat, cut, hex } from "../bytes.ts";
import {
  deflateFor,
  deflateMessage,
  limitLeaving,
  noise,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { frameFor } from "../oracle/frame-writer.ts";

const names = Object.entries(AssemblyResult);

function assemblerFor(options: MessageOptions, deflate: PerMessageDeflate) {
  const decoder = new FrameDecoder({
    role: "server",
    maxMessageSize: 1 << 20,
    maxFragments: 100,
  });
  const assembler = new MessageAssembler(decoder, options);
  assembler.attach(deflate, undefined);
  return { decoder, assembler };
}

/** The messages in the given chunks, received by a server, up to the first fault. */
function assemble(
  chunks: readonly Uint8Array[],
  { deflate = deflateFor(), ...options }: MessageOptions & { deflate?: PerMessageDeflate } = {},
): string[] {
  const { decoder, assembler } = assemblerFor(options, deflate);
  const results: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let step = decoder.next(); step !== DecodeStep.NeedData; step = decoder.next()) {
      const assembly = assembler.take(step);
      if (assembly === AssemblyResult.Partial) continue;
      if (assembly !== AssemblyResult.Complete) {
        return [...results, names.find(([, value]) => value === assembly)?.[0] ?? "?"];
      }
      const { message } = assembler;
      results.push(typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`);
    }
    assembler.endBurst();
  }
  return results;
}

/** One compressed message with one frame for each piece. */
function frames(opcode: number, ...pieces: Uint8Array[]): Uint8Array {
  return concat(
    pieces.map((payload, index) =>
      frameFor("server", {
        fin: index === pieces.length - 1,
        rsv: index === 0 ? 0x40 : 0,
        opcode: index === 0 ? opcode : 0,
        payload,
      }),
    ),
  );
}

const hello = bytes("f2 48 cd c9 c9 07 00");

describe("MessageAssembler with compression", () => {
  test("assembles whole text and binary messages, also empty ones", () => {
    const wire = concat([frames(1, hello), frames(2, hello), frames(1, bytes("00"))]);
    const expected = ["text Hello", "binary 48656c6c6f", "text "];
    expect(assemble([wire])).toEqual(expected);
    expect(assemble([frames(2, bytes("")), frames(1, bytes(""))])).toEqual(["binary ", "text "]);
  });

  test("joins chunks and fragments, with and without pool memory for inflators", () => {
    for (const left of [0, Number.MAX_SAFE_INTEGER]) {
      for (const agreement of [{}, takeover]) {
        const maxMemory = limitLeaving(left, agreement);
        const make = () => deflateFor(settingsFor({ maxMemory }), agreement);
        const expected = ["text Hello", "binary 48656c6c6f"];
        const wire = concat([
          frames(1, hello.slice(0, 2), hello.slice(2)),
          frames(2, hello.slice(0, 6), bytes(""), hello.slice(6), bytes("")),
        ]);
        expect(assemble(cut(wire, [1]), { deflate: make() })).toEqual(expected);
        expect(assemble([wire.slice()], { deflate: make() })).toEqual(expected);
      }
    }
  });

  test("assembles compressed and uncompressed messages by turns", () => {
    const plain = frameFor("server", { opcode: 1, payload: ascii("plain") });
    const wire = concat([plain, frames(1, hello.slice(0, 3), hello.slice(3)), plain]);
    expect(assemble([wire])).toEqual(["text plain", "text Hello", "text plain"]);
  });

  test("joins the inflated pieces of a long message", () => {
    for (const length of [65_535, 65_536, 65_537, 200_000]) {
      const data = noise(length);
      const [binary] = assemble([frames(2, deflateMessage(data))]);
      expect(binary === `binary ${hex(data)}`).toBe(true);
      const text = "€".repeat(length);
      const payload = deflateMessage(new TextEncoder().encode(text));
      expect(assemble([frames(1, payload)])[0] === `text ${text}`).toBe(true);
    }
  });

  test.each([
    ["InvalidDeflateData", frames(1, bytes("06"))],
    ["InvalidDeflateData", frames(2, bytes("00"), bytes("06"))],
    ["InvalidText", frames(1, deflateMessage(bytes("ff")))],
    ["InvalidText", frames(1, deflateMessage(bytes("ff")), bytes(""))],
    ["InvalidText", frames(1, deflateMessage(bytes("e2 82")))],
    ["InvalidText", frames(1, deflateMessage(bytes("e2 82")), bytes(""))],
    ["InvalidText", frames(1, deflateMessage(concat([ascii("a".repeat(65_535)), bytes("e2")])))],
    ["TooLong", frames(2, deflateMessage(new Uint8Array(100_001)))],
    ["TooLong", frames(1, deflateMessage(new Uint8Array(100_001)), bytes(""))],
  ])("reports each fault: %s", (fault, wire) => {
    const deflate = deflateFor(settingsFor({ maxMessageSize: 100_000 }));
    expect(assemble([wire], { deflate })).toEqual([fault]);
  });

  test("uses the given TextCoding and allocator", () => {
    const lengths: number[] = [];
    const options: MessageOptions = {
      text: { ...standardTextCoding, decodeUtf8: () => "utf-8", decodeAscii: () => "ascii" },
      allocate: (length) => {
        lengths.push(length);
        return new Uint8Array(length).fill(0xee);
      },
    };
    const wire = concat([frames(1, hello), frames(2, hello)]);
    expect(assemble([wire], options)).toEqual(["text utf-8", "binary 48656c6c6f"]);
    expect(lengths).toEqual([5]);
  });

  test("returns messages with their own memory", () => {
    const { decoder, assembler } = assemblerFor({}, deflateFor());
    const kept: Uint8Array[] = [];
    for (const data of [noise(100, 1), noise(100, 2), noise(70_000, 3), noise(70_000, 4)]) {
      decoder.push(frames(2, deflateMessage(data)));
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
      kept.push(assembler.message as Uint8Array);
      expect((assembler.message as Uint8Array).buffer.byteLength).toBe(data.length);
      decoder.next();
    }
    expect(kept.map(hex)).toEqual(
      [1, 2]
        .map((seed) => hex(noise(100, seed)))
        .concat([3, 4].map((seed) => hex(noise(70_000, seed)))),
    );
  });

  test("discard releases the gathered bytes", () => {
    for (const opcode of [1, 2]) {
      const receiveMemory = new ReceiveMemory(10_000_000);
      const { decoder, assembler } = assemblerFor({ receiveMemory }, deflateFor());
      decoder.push(frames(opcode, deflateMessage(ascii("a".repeat(200_000)))));
      expect(assembler.take(decoder.next(), 1)).toBe(AssemblyResult.Inflating);
      expect(receiveMemory.used).toBeGreaterThanOrEqual(65_536);
      assembler.discard();
      expect([receiveMemory.used, assembler.isInflating]).toEqual([0, false]);
    }
  });
});

test("without compression, RSV1 is a fault", () => {
  const options = { role: "client", maxMessageSize: 100, maxFragments: 100 } as const;
  const assembler = new MessageAssembler(new FrameDecoder(options), {});
  const deflate = deflateFor();
  assembler.attach(deflate, undefined);
  assembler.detach();
  assembler.decoder.push(bytes("c1 02 68 69"));
  expect(assembler.decoder.next()).toBe(DecodeStep.Failed);
  deflate.close();
});
