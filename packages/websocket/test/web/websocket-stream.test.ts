import type { WebSocketStreamOptions } from "@framewright/websocket";
import { webSocketStreamClass } from "@framewright/websocket/transport";
import { expect, test } from "vitest";
import { toChunk } from "../../src/web/web-idl.ts";

/** The class over a transport that never connects. */
const WebSocketStream = webSocketStreamClass(() => new Promise(() => {}), {});

test("the constructor refuses what Web IDL and the standard refuse", () => {
  const open = WebSocketStream as unknown as new (...args: unknown[]) => unknown;
  for (const args of [[], ["ws://a.example/", 5], ["ws://a.example/", { protocols: "chat" }]]) {
    expect(() => new open(...args)).toThrow(TypeError);
  }
  for (const args of [
    ["ftp://a.example/"],
    ["ws://a.example/#fragment"],
    ["ws://a.example/", { protocols: ["a", "a"] }],
  ]) {
    expect(() => new open(...args)).toThrow(expect.objectContaining({ name: "SyntaxError" }));
  }
  const unknown = { misspelt: 1 } as WebSocketStreamOptions;
  expect(() => new WebSocketStream("ws://a.example/", unknown)).toThrow("there is no option");
});

test("a blocked port and a close while connecting reject both promises", async () => {
  const blocked = new WebSocketStream("http://a.example:22");
  expect(blocked.url).toBe("ws://a.example:22/");
  const closed = new WebSocketStream("ws://a.example/");
  closed.close({ closeCode: 3000 });
  for (const stream of [blocked, closed]) {
    const error = { name: "WebSocketError", closeCode: 1006 };
    const cause = { cause: { code: "WS_ERR_CONNECT_FAILED" } };
    await expect(stream.opened).rejects.toMatchObject({ ...error, ...cause });
    await expect(stream.closed).rejects.toMatchObject(error);
  }
});

test("chunks are converted to bytes or text", () => {
  expect(toChunk("a\ud800")).toBe("a\ufffd");
  expect(toChunk(null)).toBe("null");
  expect(toChunk(new Uint16Array([1]))).toEqual(new Uint8Array([1, 0]));
  expect(toChunk(new ArrayBuffer(2))).toEqual(new Uint8Array(2));
  expect(() => toChunk(Symbol("no"))).toThrow(TypeError);
  expect(() => toChunk(new SharedArrayBuffer(1))).toThrow(TypeError);
  const resizable = Reflect.construct(ArrayBuffer, [1, { maxByteLength: 2 }]);
  for (const chunk of [resizable, new Uint8Array(resizable)]) {
    expect(() => toChunk(chunk)).toThrow(TypeError);
  }
});
