import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { AssemblyResult } from "../../src/message/assembly-result.ts";
import { MessageAssembler } from "../../src/message/message-assembler.ts";
import { payload } from "../arbitraries.ts";
import { concat, cut, hex, pattern } from "../bytes.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";

const role = fc.constantFrom("client" as const, "server" as const);

function openAssembler(receiver: "client" | "server") {
  const decoder = new FrameDecoder({
    role: receiver,
    maxMessageSize: 2 ** 24,
    maxFragments: 100,
  });
  return { decoder, assembler: new MessageAssembler(decoder, { borrowedMessages: true }) };
}

/** The frames of binary messages, each in up to `pieces` fragments. */
function framesOf(messages: readonly Uint8Array[], receiver: "client" | "server", pieces: number) {
  return messages.flatMap((message) => {
    const size = Math.max(1, Math.ceil(message.length / pieces));
    const parts = message.length === 0 ? [message] : cut(message, [size]);
    return parts.map((part, i): Uint8Array => {
      const frame: FrameToWrite = {
        fin: i === parts.length - 1,
        opcode: i === 0 ? 2 : 0,
        payload: part,
      };
      return frameFor(receiver, frame);
    });
  });
}

/** Receives chunks and overwrites each after use. Returns the messages as they arrived. */
function receiveAll(receiver: "client" | "server", chunks: readonly Uint8Array[]) {
  const { decoder, assembler } = openAssembler(receiver);
  const received: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let step = decoder.next(); step !== DecodeStep.NeedData; step = decoder.next()) {
      expect(step).not.toBe(DecodeStep.Failed);
      if (assembler.take(step) !== AssemblyResult.Complete) continue;
      const message = assembler.message as Uint8Array;
      received.push(hex(message));
      // A handler may modify a borrowed message without harm to the following ones.
      message.fill(0xee);
    }
    assembler.endBurst();
    chunk.fill(0xdd);
  }
  return received;
}

describe("borrowed messages", () => {
  test("are the messages that were sent, in any chunks and fragments", () => {
    const messages = fc.array(payload, { minLength: 1, maxLength: 6 });
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(70_000)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(messages, role, fc.integer({ min: 1, max: 3 }), sizes, (sent, to, pieces, at) => {
        const chunks = cut(concat(framesOf(sent, to, pieces)), at);
        expect(receiveAll(to, chunks)).toEqual(sent.map(hex));
      }),
      { numRuns: runs(60) },
    );
  });

  test.each([
    [127, false],
    [128, true],
    [5_000, true],
    [200_000, true],
  ])("%i bytes within a chunk are a view of it: %s", (length, isView) => {
    for (const to of ["client", "server"] as const) {
      const { decoder, assembler } = openAssembler(to);
      const chunk = concat(framesOf([pattern(length)], to, 1));
      decoder.push(chunk);
      expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
      const message = assembler.message as Uint8Array;
      expect(hex(message)).toBe(hex(pattern(length)));
      expect(message.buffer === chunk.buffer).toBe(isView);
    }
  });

  test("are plain Uint8Arrays even if chunks are Node Buffers", () => {
    const frame = concat(framesOf([pattern(300)], "client", 1));
    const chunk = typeof Buffer === "undefined" ? frame : Buffer.from(frame);
    const { decoder, assembler } = openAssembler("client");
    decoder.push(chunk);
    assembler.take(decoder.next());
    expect(Object.getPrototypeOf(assembler.message)).toBe(Uint8Array.prototype);
    expect(hex(assembler.message as Uint8Array)).toBe(hex(pattern(300)));
  });

  /** Receives one message of `length` bytes in chunks of 40,000 bytes. */
  function gather({ decoder, assembler }: ReturnType<typeof openAssembler>, length: number) {
    const chunks = cut(concat(framesOf([pattern(length)], "server", 1)), [40_000]);
    for (const chunk of chunks) {
      decoder.push(chunk);
      const assembly = assembler.take(decoder.next());
      expect(assembly).toBe(
        chunk === chunks.at(-1) ? AssemblyResult.Complete : AssemblyResult.Partial,
      );
    }
    expect(hex(assembler.message as Uint8Array)).toBe(hex(pattern(length)));
    return assembler.message as Uint8Array;
  }

  test.each(["endBurst", "discard"] as const)(
    "are gathered in memory that is reused after %s",
    (end) => {
      const one = openAssembler("server");
      const other = openAssembler("server");
      const first = gather(one, 65_536);
      expect(gather(other, 65_536).buffer).not.toBe(first.buffer);
      other.assembler.endBurst();
      one.assembler[end]();
      expect(gather(other, 65_536).buffer).toBe(first.buffer);
      other.assembler.endBurst();
    },
  );

  test("are gathered in memory that the next message in the same chunk may reuse", () => {
    const { decoder, assembler } = openAssembler("client");
    const [one, two] = [pattern(50_000), pattern(50_000, 2)].map((m) =>
      concat(framesOf([m], "client", 1)),
    );
    decoder.push(one.slice(0, 100));
    assembler.take(decoder.next());
    decoder.push(concat([one.slice(100), two.slice(0, 200)]));
    expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
    const first = assembler.message as Uint8Array;
    expect(assembler.take(decoder.next())).toBe(AssemblyResult.Partial);
    decoder.push(two.slice(200));
    expect(assembler.take(decoder.next())).toBe(AssemblyResult.Complete);
    const second = assembler.message as Uint8Array;
    expect(hex(second)).toBe(hex(pattern(50_000, 2)));
    expect(second.buffer).toBe(first.buffer);
    assembler.endBurst();
  });

  test("have their own memory if they are too long for a gather buffer", () => {
    const subject = openAssembler("server");
    const first = gather(subject, 4_200_000);
    subject.assembler.endBurst();
    const second = gather(subject, 4_200_000);
    expect(second.buffer).not.toBe(first.buffer);
    expect(hex(first)).toBe(hex(pattern(4_200_000)));
  });
});
