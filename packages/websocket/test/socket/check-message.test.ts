import { prepare } from "@framewright/websocket";
import { pair, settle } from "@framewright/websocket/testing";
import { describe, expect, test } from "vitest";
import { bytesOf, checkBytes, checkMessage } from "../../src/socket/check-message.ts";

const memory = Uint8Array.from([9, 1, 2, 3, 4, 5, 6, 7, 8, 9]).buffer;

const views: readonly [name: string, value: unknown, bytes: readonly number[]][] = [
  ["Int8Array", new Int8Array(memory, 1, 3), [1, 2, 3]],
  ["Uint8ClampedArray", new Uint8ClampedArray(memory, 8), [8, 9]],
  ["Uint16Array", new Uint16Array(memory, 2, 2), [2, 3, 4, 5]],
  ["Float32Array", new Float32Array(memory, 4, 1), [4, 5, 6, 7]],
  ["BigInt64Array", new BigInt64Array(memory, 0, 1), [9, 1, 2, 3, 4, 5, 6, 7]],
  ["DataView", new DataView(memory, 3, 2), [3, 4]],
  ["Buffer", Buffer.from(memory, 1, 2), [1, 2]],
  ["ArrayBuffer", memory, [9, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["an empty view", new DataView(memory, 4, 0), []],
];

function shared(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(4);
  new Uint8Array(buffer).set([1, 2, 3, 4]);
  return buffer;
}

describe.each([
  ...views,
  ["SharedArrayBuffer", shared(), [1, 2, 3, 4]],
  ["Int16Array of shared memory", new Int16Array(shared(), 2), [3, 4]],
] as typeof views)("%s", (_name, value, bytes) => {
  test("is sent as the bytes of its memory", async () => {
    const received: unknown[] = [];
    const { client, server, close } = await pair({
      server: {
        message: (_socket, data) => received.push(data),
        pong: (_socket, payload) => received.push(payload),
      },
    });
    client.send(value as ArrayBuffer);
    client.send(prepare(value as ArrayBuffer));
    await client.sendStream([value as ArrayBuffer]);
    server.ping(value as ArrayBuffer);
    await settle();
    expect(received).toEqual(Array(4).fill(Uint8Array.from(bytes)));
    for (const data of received) expect((data as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer);
    await close();
  });
});

test("a Uint8Array is not copied", () => {
  const bytes = new Uint8Array(3);
  expect(checkMessage(bytes)).toBe(bytes);
  expect(bytesOf(new DataView(memory))?.buffer).toBe(memory);
});

test.each([
  ["undefined", undefined],
  ["null", null],
  ["number", 1],
  ["Array", [1]],
  ["Object", { byteLength: 1 }],
  ["Blob: await its arrayBuffer() first", new Blob(["x"])],
])("refuses %s and says so", (name, value) => {
  expect(() => checkMessage(value)).toThrow(`a message must be a string or bytes, got ${name}`);
  expect(() => checkBytes(value, "a ping payload")).toThrow(/^a ping payload must be bytes, got /);
});

test("refuses memory that was transferred", () => {
  const buffer = new ArrayBuffer(8);
  const values = [new DataView(buffer), new Float32Array(buffer), buffer];
  structuredClone(buffer, { transfer: [buffer] });
  for (const value of values) {
    const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" });
    expect(() => checkMessage(value)).toThrow(fault);
  }
});
