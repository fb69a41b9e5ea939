import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { DeflateParameters } from "../../src/deflate/deflate-negotiation.ts";
import { concat, cut, hex } from "../bytes.ts";
import { type Role, receive, takeFrames } from "../connection/drive.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { deflateFor, noise, openCompressed, settingsFor } from "./compressors.ts";

type Callback = (error: Error | null, data: Buffer) => void;

/** The part used here of the class in `ws`, which `ws` does not export. */
interface OtherDeflate {
  accept(parameters: Record<string, (string | boolean)[]>[]): unknown;
  compress(data: Uint8Array, fin: boolean, callback: Callback): void;
  decompress(data: Uint8Array, fin: boolean, callback: Callback): void;
  cleanup(): void;
}

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("ws/package.json"));
const Other: new (options: object) => OtherDeflate = require(
  join(folder, "lib", "permessage-deflate.js"),
);

/** The peer of a connection with this agreement. */
function otherEnd(role: Role, agreement: DeflateParameters): OtherDeflate {
  // The peer has the other role.
  const other = new Other({ isServer: role === "client", threshold: 0, zlibDeflateOptions: {} });
  const [own, far] = role === "client" ? ["client", "server"] : ["server", "client"];
  const parameters: Record<string, (string | boolean)[]> = {
    [`${own}_max_window_bits`]: [String(agreement.sendWindowBits)],
    [`${far}_max_window_bits`]: [String(agreement.receiveWindowBits)],
  };
  if (!agreement.sendContextTakeover) parameters[`${own}_no_context_takeover`] = [true];
  if (!agreement.receiveContextTakeover) parameters[`${far}_no_context_takeover`] = [true];
  other.accept([parameters]);
  return other;
}

function call(
  other: OtherDeflate,
  method: "compress" | "decompress",
  data: Uint8Array,
  fin: boolean,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    other[method](Buffer.from(data), fin, (error, result) =>
      error ? reject(error) : resolve(new Uint8Array(result)),
    );
  });
}

const message = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 300 }),
  fc.integer({ min: 1, max: 70_000 }).map((length) => noise(length)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 70_000 }))
    .map(([unit, length]) => new Uint8Array(length).map((_, i) => unit[i % unit.length])),
);
const agreement = fc.record({
  sendContextTakeover: fc.boolean(),
  sendWindowBits: fc.integer({ min: 9, max: 15 }),
  receiveContextTakeover: fc.boolean(),
  receiveWindowBits: fc.integer({ min: 9, max: 15 }),
});

test("messages can be exchanged with the permessage-deflate of ws, in either role", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Role>("client", "server"),
      agreement,
      fc.array(message, { maxLength: 4 }),
      fc.integer({ min: 1, max: 30_000 }),
      async (role, agreement, messages, size) => {
        const other = otherEnd(role, agreement);
        const connection = openCompressed(role, deflateFor(settingsFor(), agreement));
        try {
          for (const data of messages) {
            connection.send(data);
            const [{ rsv1, payload }] = takeFrames(connection);
            const bytes = Uint8Array.from(payload);
            const read = rsv1 ? await call(other, "decompress", bytes, true) : bytes;
            expect(Buffer.compare(read, data)).toBe(0);

            const pieces = cut(data, [size + (data.length >> 4)]);
            const frames: Uint8Array[] = [];
            for (const [index, piece] of pieces.entries()) {
              const fin = index === pieces.length - 1;
              const opcode = index === 0 ? 2 : 0;
              const compressed = await call(other, "compress", piece, fin);
              frames.push(
                frameFor(role, { fin, rsv: opcode === 2 ? 0x40 : 0, opcode, payload: compressed }),
              );
            }
            const events = receive(connection, [concat(frames)]);
            expect(events.length === 1 && events[0] === `binary ${hex(data)}`).toBe(true);
          }
        } finally {
          connection.end();
          other.cleanup();
        }
      },
    ),
    { numRuns: runs(40) },
  );
});
