import { describe, expect, test } from "vitest";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { AssemblyResult } from "../../src/message/assembly-result.ts";
import { MessageAssembler } from "../../src/message/message-assembler.ts";
import type { MessageOptions } from "../../src/message/message-options.ts";
import { standardTextCoding } from "../../src/utf8.ts";
import { ascii, bytes, hex } from "../bytes.ts";

/** The messages in the given chunks of data frames, received by a server. */
function assemble(chunks: readonly string[], options: MessageOptions = {}): string[] {
  const decoder = new FrameDecoder({
    role: "server",
    maxMessageSize: 1000,
    maxFragments: 10,
  });
  const assembler = new MessageAssembler(decoder, options);
  const results: string[] = [];
  for (const chunk of chunks) {
    decoder.push(bytes(chunk));
    for (let step = decoder.next(); step !== DecodeStep.NeedData; step = decoder.next()) {
      const assembly = assembler.take(step);
      if (assembly === AssemblyResult.InvalidText) return [...results, "invalid"];
      if (assembly === AssemblyResult.Partial) continue;
      const { message } = assembler;
      results.push(typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`);
    }
    assembler.endBurst();
  }
  return results;
}

const key = "37 fa 21 3d";

describe("MessageAssembler", () => {
  test("assembles whole text and binary messages", () => {
    // The example of section 5.7, as text and as binary.
    expect(assemble([`81 85 ${key} 7f 9f 4d 51 58 82 85 ${key} 7f 9f 4d 51 58`])).toEqual([
      "text Hello",
      "binary 48656c6c6f",
    ]);
    expect(assemble([`81 80 ${key} 82 80 ${key}`])).toEqual(["text ", "binary "]);
  });

  test("joins chunks and fragments", () => {
    expect(assemble([`81 85 ${key} 7f 9f`, "4d 51 58"])).toEqual(["text Hello"]);
    expect(assemble([`82 85 ${key} 7f 9f`, "4d 51 58"])).toEqual(["binary 48656c6c6f"]);
    expect(assemble([`01 83 ${key} 7f 9f 4d 80 82 ${key} 5b 95`])).toEqual(["text Hello"]);
    expect(assemble([`02 83 ${key} 7f 9f 4d 80 82 ${key} 5b 95`])).toEqual(["binary 48656c6c6f"]);
  });

  test.each([
    ["in one piece", [`81 81 ${key} c8`]],
    ["in a piece that is not the last", [`01 81 ${key} c8`]],
    ["at its end", [`01 81 ${key} f4`, `80 80 ${key}`]],
  ])("refuses text that is not UTF-8, %s", (_, chunks) => {
    expect(assemble(chunks)).toEqual(["invalid"]);
  });

  test("uses the given TextCoding, with decodeAscii for ASCII", () => {
    const options: MessageOptions = {
      text: { ...standardTextCoding, decodeAscii: () => "ascii", decodeUtf8: () => "utf-8" },
    };
    // "Hello", and U+00E9 as c3 a9.
    expect(assemble([`81 85 ${key} 7f 9f 4d 51 58 81 82 ${key} f4 53`], options)).toEqual([
      "text ascii",
      "text utf-8",
    ]);
  });

  describe("with chunks that may be kept", () => {
    const header = `82 fe 00 c8 ${key}`;
    const frame = () => bytes(`${header} ${"7f 9f 4d 51 ".repeat(50)}`);
    const payload = hex(ascii("Hell".repeat(50)));

    /** Whether the first message of a chunk keeps the chunk. Expects a second message as well. */
    function take(chunk: Uint8Array, keepFrom: number) {
      const decoder = new FrameDecoder({
        role: "server",
        maxMessageSize: 1000,
        maxFragments: 10,
      });
      const assembler = new MessageAssembler(decoder, { keepFrom });
      decoder.push(chunk);
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
      const first = assembler.message as Uint8Array;
      expect(hex(first)).toBe(payload);
      const kept = first.buffer === chunk.buffer;
      if (kept) structuredClone(0, { transfer: [first.buffer as ArrayBuffer] });
      while (decoder.next() !== DecodeStep.NeedData);
      decoder.push(frame());
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
      expect(hex(assembler.message as Uint8Array)).toBe(payload);
      return kept;
    }

    test("keeps a chunk that holds little more than the message", () => {
      expect(take(frame(), 200)).toBe(true);
    });

    test("copies from a chunk that holds more: before it, after it or outside the view", () => {
      expect(take(bytes(`${hex(frame())} 8a 80 ${key}`), 200)).toBe(false);
      expect(take(new Uint8Array([...frame(), ...frame()]).subarray(0, 208), 200)).toBe(false);
      const behind = new Uint8Array([...frame(), ...frame()]);
      expect(take(behind.subarray(208), 200)).toBe(false);
    });

    test("copies a short message", () => {
      expect(take(frame(), 201)).toBe(false);
    });
  });

  test("discard drops the gathered bytes", () => {
    const decoder = new FrameDecoder({
      role: "client",
      maxMessageSize: 1000,
      maxFragments: 10,
    });
    const assembler = new MessageAssembler(decoder, {});
    for (const [first, last, expected] of [
      ["01 01 61", "80 01 62", "b"],
      ["02 01 61", "80 01 62", bytes("62")],
    ] as const) {
      decoder.push(bytes(first));
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Partial);
      assembler.discard();
      decoder.push(bytes(last));
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
      expect(assembler.message).toEqual(expected);
    }
  });

  test("distinguishes text that is too long from text that is not UTF-8", () => {
    const decoder = new FrameDecoder({
      role: "client",
      maxMessageSize: 2 ** 32,
      maxFragments: 1,
    });
    const piece = new Uint8Array(2 ** 20).fill(0x78);
    const decoded = "x".repeat(piece.length);
    const text = {
      ...standardTextCoding,
      decodeUtf8: (_: Uint8Array, start: number, end: number) => decoded.slice(0, end - start),
    };
    const assembler = new MessageAssembler(decoder, { text });
    // The header declares 1 GiB of text.
    decoder.push(bytes("81 7f 00000000 40000000 78"));
    const steps: AssemblyResult[] = [assembler.take(decoder.next())];
    while (steps.at(-1) === AssemblyResult.Partial) {
      expect(decoder.next()).toBe(DecodeStep.NeedData);
      decoder.push(piece);
      steps.push(assembler.take(decoder.next()));
    }
    expect(steps.at(-1)).toBe(AssemblyResult.TooLong);
    expect(steps).toHaveLength(1 + 512);
  });
});
