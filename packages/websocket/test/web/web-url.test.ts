import { expect, test } from "vitest";
import { MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { loose, once, thrown } from "./observed-events.ts";

const url = "ws://idl.example/";

test("the constructor throws a SyntaxError for what is no WebSocket URL", () => {
  const invalid = ["", "/relative", "ws://", "ws://foo bar.example/", "ftp://a.example/"];
  const others = ["mailto:a@b.example", "ws://a.example/#", "ws://a.example/#x", "ws://a:70000/"];
  for (const text of [...invalid, ...others]) {
    expect(
      thrown(() => new WebSocket(text)),
      text,
    ).toBe("SyntaxError");
  }
  expect(thrown(() => new (loose(WebSocket))())).toBe("TypeError");
  expect(thrown(() => loose(WebSocket)(url))).toBe("TypeError");
  expect(thrown(() => new WebSocket(loose(Symbol.iterator)))).toBe("TypeError");
});

test.each([
  ["http://Example.com", "ws://example.com/"],
  ["HTTPS://example.com:443/a b?c#".slice(0, -1), "wss://example.com/a%20b?c"],
  ["ws://example.com:80/%7e/../x", "ws://example.com/x"],
  ["wss://me:secret@[::1]:80/", "wss://me:secret@[::1]:80/"],
])("%s is normalised to %s", async (given, expected) => {
  const socket = new WebSocket(given);
  expect(socket.url).toBe(expected);
  socket.close();
  await once(socket, "close");
});
