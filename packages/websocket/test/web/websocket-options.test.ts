import { expect, test } from "vitest";
import { dial, MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { loose, once, thrown } from "./observed-events.ts";

const url = "ws://idl.example/";

test("the constructor throws a SyntaxError for what are no protocols", () => {
  const invalid = [
    "",
    "a b",
    "a,b",
    "é",
    ["a", "a"],
    ["a", "A"],
    ["a", ""],
    [undefined, "undefined"],
  ];
  for (const protocols of invalid) {
    expect(
      thrown(() => new WebSocket(url, loose(protocols))),
      String(protocols),
    ).toBe("SyntaxError");
  }
});

test("the constructor throws for invalid options", () => {
  expect(() => new WebSocket(url, loose({ header: {} }))).toThrow("there is no option header");
  expect(() => new WebSocket(url, loose({ message() {} }))).toThrow("there is no option message");
  expect(() => new WebSocket(url, [], { handshakeTimeout: -1 })).toThrow(
    "option handshakeTimeout must be an integer from 0 to 2147483647, got -1",
  );
  expect(() => new WebSocket(url, [], loose({ signal: 1 }))).toThrow(
    "option signal must be an AbortSignal, got 1",
  );
  expect(() => new WebSocket(url, {}, {})).toThrow("option options must be undefined");
});

test("the constructor ignores a third argument that is no object", async () => {
  const socket = new WebSocket(url, [], loose("stray"));
  socket.close();
  await once(socket, "close");
});

test("protocols are offered in the order given, converted to strings", async () => {
  const offered = async (protocols: unknown) => {
    const { peer, socket } = await dial(loose(protocols));
    socket.close();
    await once(socket, "close");
    return /^Sec-WebSocket-Protocol: (.*)$/m.exec(peer.text)?.[1].trim();
  };
  expect(await offered(["b", "a"])).toBe("b, a");
  expect(await offered(new Set(["x", 1]))).toBe("x, 1");
  expect(await offered(null)).toBe("null");
  expect(await offered(undefined)).toBe(undefined);
  expect(await offered([])).toBe(undefined);
});
