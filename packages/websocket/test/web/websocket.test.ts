import { expect, test } from "vitest";
import { dial, MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { loose, once, thrown } from "./observed-events.ts";

const names = [
  ..."url readyState bufferedAmount onopen onerror onclose extensions protocol".split(" "),
  ..."close onmessage binaryType send".split(" "),
];
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

test("the class has the properties of the interface WebSocket", () => {
  expect([WebSocket.name, WebSocket.length]).toEqual(["WebSocket", 1]);
  const { prototype } = WebSocket;
  expect(Object.getPrototypeOf(prototype)).toBe(EventTarget.prototype);
  expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget);
  expect(Object.keys(prototype)).toEqual([...names, ...Object.keys(constants)]);
  expect([prototype.send.length, prototype.close.length]).toEqual([1, 0]);
  for (const [name, value] of Object.entries(constants)) {
    const constant = { value, enumerable: true, writable: false, configurable: false };
    expect(Object.getOwnPropertyDescriptor(WebSocket, name)).toEqual(constant);
    expect(Object.getOwnPropertyDescriptor(prototype, name)).toEqual(constant);
  }
  expect(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)).toEqual({
    value: "WebSocket",
    enumerable: false,
    writable: false,
    configurable: true,
  });
});

test("members are functions and accessors that need a WebSocket as this", () => {
  const { prototype } = WebSocket;
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    expect([descriptor?.enumerable, descriptor?.configurable]).toEqual([true, true]);
    const isMethod = name === "send" || name === "close";
    const isSettable = name.startsWith("on") || name === "binaryType";
    const { get, set, value } = descriptor as PropertyDescriptor;
    expect([typeof value, typeof get, typeof set]).toEqual([
      isMethod ? "function" : "undefined",
      isMethod ? "undefined" : "function",
      isSettable ? "function" : "undefined",
    ]);
    for (const call of [value, get, set]) {
      if (call !== undefined) expect(thrown(() => call.call({}, "x"))).toBe("TypeError");
    }
  }
});

test("send throws while connecting, and without an argument", async () => {
  const { socket, accept } = await dial();
  expect(thrown(() => socket.send("x"))).toBe("InvalidStateError");
  expect(thrown(() => loose(socket).send())).toBe("TypeError");
  accept();
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  await once(socket, "open");
  expect(thrown(() => socket.send(loose(Symbol.iterator)))).toBe("TypeError");
  socket.send(loose({ toString: () => "object" }));
  socket.send(loose(undefined));
  expect(socket.bufferedAmount).toBe("object".length + "undefined".length);
});

test("subclasses work", async () => {
  class Chat extends WebSocket {
    readonly room = "a";
  }
  const socket = new Chat("ws://subclass.example/");
  expect(socket).toBeInstanceOf(WebSocket);
  expect([socket.room, socket.CLOSED, String(socket)]).toEqual(["a", 3, "[object WebSocket]"]);
  socket.close();
  await once(socket, "close");
});
