import { expect, test } from "vitest";
import { inspectFrames } from "../../src/inspect/inspect-frames.ts";
import { bytes } from "../bytes.ts";
import { CountedCompressors } from "../deflate/compressors.ts";

test("yields all frames of one direction, the last one cut off", () => {
  const frames = [...inspectFrames(bytes("83 80 00000000 81 02 61"))];
  expect(frames.map(({ opcode, faults }) => [opcode, faults[0].code])).toEqual([
    [3, "WS_ERR_INVALID_OPCODE"],
    [1, "WS_ERR_EXPECTED_MASK"],
  ]);
});

test("frees its decompressor, also if the caller stops early", () => {
  const counted = new CountedCompressors();
  const wire = bytes("c1 07 f2 48 cd c9 c9 07 00 81 00");
  const openInflator = (bits: number) => counted.openInflator(bits);
  for (const { completed } of inspectFrames(wire, { deflate: {}, openInflator })) {
    expect([completed?.text, counted.open.size]).toEqual(["Hello", 1]);
    break;
  }
  expect(counted.open.size).toBe(0);
});
