import { expect, test } from "vitest";
import { checkAttached } from "../../src/bytes/check-attached.ts";
import { resizableBuffer, resize, transfer } from "../bytes.ts";

test("checkAttached accepts empty arrays and throws for detached ones", () => {
  const empty = new Uint8Array(new ArrayBuffer(8), 4, 0);
  for (const data of ["", new Uint8Array(0), empty, new Uint8Array(new SharedArrayBuffer(0))]) {
    expect(() => checkAttached(data)).not.toThrow();
  }
  transfer(empty);
  expect(() => checkAttached(empty)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
  );
});

test("checkAttached throws for an array outside its memory, which has shrunk", () => {
  const buffer = resizableBuffer(8);
  const outside = new Uint8Array(buffer, 4, 4);
  resize(buffer, 2);
  expect(outside.length).toBe(0);
  expect(() => checkAttached(outside)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
  );
  const tracking = new Uint8Array(buffer);
  resize(buffer, 0);
  expect(() => checkAttached(tracking)).not.toThrow();
});
