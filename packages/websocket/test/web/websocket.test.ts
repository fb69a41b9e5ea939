import { expect, test } from "vitest";
import { unmaskedFrame } from "../memory-transport.ts";
import { dial, MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { logOf, once } from "./web-events.ts";

const url = "ws://idl.example/";
const names = [
  ..."url readyState bufferedAmount onopen onerror onclose extensions protocol".split(" "),
  ..."close onmessage binaryType send".split(" "),
];
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

/** Calls something with arguments that its declaration forbids. */
// biome-ignore lint/suspicious/noExplicitAny: Web IDL converts arguments of any type
const loose = (value: unknown) => value as any;

/** Returns the name of what a call throws, or "" if it throws nothing. */
function thrown(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    return (error as Error).name;
  }
}

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

test("ports that the Fetch standard blocks fail with error and close", async () => {
  const socket = new WebSocket("ws://example.com:25/");
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  const log = logOf(socket);
  const { error } = await once(socket, "error");
  expect(error.message).toBe("port 25 is blocked by the Fetch standard");
  await expect.poll(() => log).toEqual(["error", "close 1006  false"]);
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

test.each([
  [[], [0x88, 0x80]],
  [
    [undefined, undefined],
    [0x88, 0x80],
  ],
  [
    [undefined, ""],
    [0x88, 0x80],
  ],
  [
    [undefined, "r"],
    [0x88, 0x83],
  ],
  [[1000], [0x88, 0x82]],
  [[999.5], [0x88, 0x82]],
  [[1000.5], [0x88, 0x82]],
  [["4999"], [0x88, 0x82]],
  [
    [3000, "\ud800"],
    [0x88, 0x85],
  ],
  [
    [3000, "é".repeat(61)],
    [0x88, 0xfc],
  ],
])("close(...%o) sends a Close frame that starts with %o", async (args, start) => {
  const { socket, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  loose(socket).close(...args);
  await expect.poll(() => [...peer.received.subarray(0, 2)]).toEqual(start);
});

test.each([
  ["InvalidAccessError", [0]],
  ["InvalidAccessError", [null]],
  ["InvalidAccessError", ["reason only"]],
  ["InvalidAccessError", [Number.NaN]],
  ["InvalidAccessError", [1001]],
  ["InvalidAccessError", [1000.6]],
  ["InvalidAccessError", [2999]],
  ["InvalidAccessError", [5000]],
  ["InvalidAccessError", [65_536 + 1000]],
  ["SyntaxError", [1000, "é".repeat(62)]],
  ["SyntaxError", [undefined, "x".repeat(124)]],
  ["TypeError", [1n]],
  ["TypeError", [1000, Symbol.iterator]],
])("throws %s for close(...%o) in every state", async (name, args) => {
  const { socket, accept } = await dial();
  const close = () => loose(socket).close(...args);
  expect(thrown(close)).toBe(name);
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  accept();
  await once(socket, "open");
  expect(thrown(close)).toBe(name);
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test("messages behind the response and the Close frame are events in order", async () => {
  const { socket, accept } = await dial();
  const log = logOf(socket);
  const states: number[] = [];
  for (const type of ["open", "message"] as const) {
    socket.addEventListener(type, () => states.push(socket.readyState));
  }
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, "b"), unmaskedFrame(8, [0x0b, 0xb8, 0x72]));
  expect(log).toEqual([]);
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSING);
  expect(log).toEqual(["open", "message a", "message b"]);
  expect(states).toEqual([1, 1, 1]);
  socket.send("late");
  expect(socket.bufferedAmount).toBe(4);
});

test("no message is delivered after close was called", async () => {
  const { socket, accept, peer } = await dial();
  const log = logOf(socket);
  socket.onmessage = () => socket.close(1000);
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, "b"));
  await expect.poll(() => log).toEqual(["open", "message a"]);
  peer.send(unmaskedFrame(1, "c"), unmaskedFrame(8, [3, 232]));
  peer.transport.shutdown();
  await expect.poll(() => log).toEqual(["open", "message a", "close 1000  true"]);
});

test("a message that breaks the protocol fails the connection with 1006", async () => {
  const { socket, accept, peer } = await dial();
  const log = logOf(socket);
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, [0xff]));
  await expect.poll(() => peer.received[0]).toBe(0x88);
  peer.transport.shutdown();
  const { error } = await once(socket, "error");
  expect(error.code).toBe("WS_ERR_INVALID_UTF8");
  await expect.poll(() => log).toEqual(["open", "message a", "error", "close 1006  false"]);
});

test("the server is paused while too many messages wait for their events", async () => {
  const { socket, accept, client, peer } = await dial();
  accept();
  await once(socket, "open");
  const log = logOf(socket);
  const frame = [0x82, 126, 0xff, 0xff, ...new Uint8Array(65_535)];
  for (let i = 0; i < 20; i++) peer.send(frame);
  await expect.poll(() => client.paused || log.length === 20).toBe(true);
  expect(log.length).toBeLessThan(20);
  await expect.poll(() => log.length).toBe(20);
  await expect.poll(() => client.paused).toBe(false);
});

test("an event handler keeps its place among the listeners until it is null", async () => {
  const { socket, accept, peer } = await dial();
  const calls: string[] = [];
  const call = (name: string) => () => void calls.push(name);
  socket.addEventListener("message", call("first"));
  socket.onmessage = call("old");
  socket.addEventListener("message", call("last"));
  const handler = call("new");
  socket.onmessage = handler;
  expect(socket.onmessage).toBe(handler);
  accept(unmaskedFrame(1, "a"));
  await expect.poll(() => calls).toEqual(["first", "new", "last"]);
  socket.onmessage = loose("no object");
  expect(socket.onmessage).toBe(null);
  socket.onmessage = call("again");
  calls.length = 0;
  peer.send(unmaskedFrame(1, "b"));
  await expect.poll(() => calls).toEqual(["first", "last", "again"]);
  const object = { handleEvent: call("handleEvent") };
  socket.onmessage = loose(object);
  expect(socket.onmessage).toBe(object);
  calls.length = 0;
  peer.send(unmaskedFrame(1, "c"));
  await expect.poll(() => calls).toEqual(["first", "last"]);
});

test("binaryType ignores other values and applies to the next event", async () => {
  const { socket, accept, peer } = await dial();
  expect(socket.binaryType).toBe("blob");
  socket.binaryType = loose("Blob");
  socket.binaryType = loose(undefined);
  expect(socket.binaryType).toBe("blob");
  accept();
  await once(socket, "open");
  peer.send(unmaskedFrame(2, [1, 2]));
  const blob: Blob = (await once(socket, "message")).data;
  expect(blob).toBeInstanceOf(Blob);
  expect([blob.size, blob.type]).toEqual([2, ""]);
  socket.binaryType = "arraybuffer";
  peer.send(unmaskedFrame(2, [1, 2]), unmaskedFrame(2, [3]));
  const buffers: ArrayBuffer[] = [];
  socket.onmessage = ({ data }) => void buffers.push(data);
  await expect.poll(() => buffers.length).toBe(2);
  expect(buffers.map((buffer) => [...new Uint8Array(buffer)])).toEqual([[1, 2], [3]]);
});

test("Close follows what was sent before, also a Blob that has to be read", async () => {
  const { socket, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  socket.send(new Blob(["12345"]));
  socket.close();
  await expect.poll(() => peer.received.length).toBe(2 + 4 + 5 + 2 + 4);
  expect([peer.received[0], peer.received[11]]).toEqual([0x82, 0x88]);
});

test("a Blob that cannot be read fails the connection", async () => {
  class BadBlob extends Blob {}
  const { socket, accept } = await dial();
  accept();
  await once(socket, "open");
  const { arrayBuffer } = Blob.prototype;
  Blob.prototype.arrayBuffer = () => Promise.reject(new Error("no file"));
  socket.send(new BadBlob(["x"]));
  const { error } = await once(socket, "error");
  Blob.prototype.arrayBuffer = arrayBuffer;
  expect(error.message).toBe("no file");
});

test("what was not written counts after the connection was lost", async () => {
  const { socket, accept, client, peer } = await dial([], { closeTimeout: 10 });
  accept();
  await once(socket, "open");
  client.capacity = 0;
  socket.send("1234");
  peer.transport.shutdown();
  await once(socket, "close");
  expect(socket.bufferedAmount).toBe(4);
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
