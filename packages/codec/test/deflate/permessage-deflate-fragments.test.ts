import { expect, test } from "vitest";
import { copyBytes } from "../../src/bytes/bytes.ts";
import { CountedCompressors, deflateFor, settingsFor, takeover } from "./compressors.ts";

const memory = { allocate: (length: number) => new Uint8Array(length) };
const words = new TextEncoder().encode("some words, some words, some words");

test("each fragment can be decompressed when it arrives, also an empty last one", () => {
  for (const agreement of [{}, takeover]) {
    const counted = new CountedCompressors();
    const sender = deflateFor(settingsFor({ compressors: counted }), agreement);
    const receiver = deflateFor(settingsFor({ compressors: counted }), agreement);
    for (let message = 0; message < 2; message++) {
      expect(sender.startLong()).toBe(true);
      for (const [bytes, isLast] of [
        [words, false],
        [words, false],
        [new Uint8Array(0), true],
      ] as const) {
        const fragment = sender.compressFragment(bytes, 0, bytes.length, isLast);
        const payload = copyBytes(fragment, 0, fragment.length);
        expect(receiver.push(payload, 0, payload.length, memory, isLast)).toBe(true);
        const length = receiver.next();
        expect(receiver.done).toBe(true);
        expect(receiver.output.slice(0, length)).toEqual(bytes);
      }
    }
    sender.close();
    receiver.close();
  }
});
