import { describe, expect, test } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { wireFor } from "../arbitraries.ts";
import { bytes, hex, pattern } from "../bytes.ts";
import { eventsOf, openConnection, receive, takeFrameTexts } from "./drive.ts";

const roles = ["client", "server"] as const;

describe("received bytes", () => {
  const lengths = [0, 1, 63, 64, 125, 300];

  test.each(roles)("a message has its own memory: %s", (role) => {
    for (const length of lengths) {
      for (const fin of [true, false]) {
        const connection = openConnection(role);
        const payload = pattern(length);
        const first = { opcode: 2, fin, payload };
        connection.receive(wireFor(role, [first, ...(fin ? [] : [{ opcode: 0 }])]));
        expect(connection.next()).toBe(ConnectionEvent.Message);
        const message = connection.message as Uint8Array;
        expect(hex(message)).toBe(hex(payload));
        expect(message.buffer.byteLength).toBe(length);
        expect(Object.getPrototypeOf(message)).toBe(Uint8Array.prototype);
      }
    }
  });

  test("messages that arrive one at a time share memory only within their connection", () => {
    const options = { sharedAloneFrom: 1, maxMessageSize: 100, maxFragments: 1 };
    const common = { role: "client", drawMaskingKey: () => 0 } as const;
    const settings = { ...common, ...options };
    const connections = [new Connection(settings), new Connection(settings)];
    const messages = connections.map((): Uint8Array[] => []);
    for (let i = 0; i < 20; i++) {
      for (const [who, connection] of connections.entries()) {
        connection.receive(Uint8Array.of(0x82, 2, who, i));
        connection.next();
        messages[who].push(connection.message as Uint8Array);
        connection.next();
      }
    }
    const [first, second] = messages.map((all) => new Set(all.map(({ buffer }) => buffer)));
    expect([first.size, second.size]).toEqual([5, 5]);
    expect(new Set([...first, ...second]).size).toBe(10);
    for (const [who, all] of messages.entries()) {
      expect(all.map(hex)).toEqual(all.map((_, i) => hex(Uint8Array.of(who, i))));
    }
  });

  test.each(roles)("the connection tells which messages are their chunks: %s", (role) => {
    const options = { keepFrom: 100, maxMessageSize: 1_000, maxFragments: 1 };
    const connection = new Connection({ role, drawMaskingKey: () => 0, ...options });
    expect(connection.isMessageChunk).toBe(false);
    for (const [opcode, length, isChunk] of [
      [2, 200, true],
      [2, 99, false],
      [1, 200, false],
      [2, 100, true],
    ] as const) {
      const chunk = wireFor(role, [{ opcode, payload: pattern(length).map((byte) => byte & 127) }]);
      connection.receive(chunk);
      expect(connection.next()).toBe(ConnectionEvent.Message);
      expect(connection.isMessageChunk).toBe(isChunk);
      const { message } = connection;
      expect(typeof message !== "string" && message.buffer === chunk.buffer).toBe(isChunk);
      connection.next();
    }
  });

  test("a message does not change with its chunk, also not with a Node Buffer", () => {
    for (const make of [
      (data: Uint8Array) => data,
      (data: Uint8Array) => (typeof Buffer === "undefined" ? data : Buffer.from(data)),
    ]) {
      const connection = openConnection("client");
      const chunk = make(bytes("82 03 01 02 03"));
      connection.receive(chunk);
      expect(connection.next()).toBe(ConnectionEvent.Message);
      const message = connection.message as Uint8Array;
      connection.next();
      chunk.fill(0xff);
      receive(connection, [bytes("82 03 04 05 06")]);
      expect(hex(message)).toBe("010203");
      expect(message.buffer.byteLength).toBe(3);
      expect(Object.getPrototypeOf(message)).toBe(Uint8Array.prototype);
    }
  });

  test("a frame that is split across chunks does not change with them", () => {
    const wire = bytes("82 05 01 02 03 04 05  01 02 61 62  89 02 63 64  80 01 65");
    const connection = openConnection("client");
    const events: string[] = [];
    for (let i = 0; i < wire.length; i += 2) {
      const chunk = wire.slice(i, i + 2);
      events.push(...receive(connection, [chunk]));
      chunk.fill(0xff);
    }
    expect(events).toEqual(["binary 0102030405", "ping 6364", "text abe"]);
    expect(takeFrameTexts(connection)[0]).toBe("pong 6364");
  });

  test("unread bytes do not change with their chunk after retainInput", () => {
    const connection = openConnection("client");
    const chunk = bytes("81 01 61  82 02 01 02");
    connection.receive(chunk);
    connection.next();
    connection.retainInput();
    chunk.fill(0xff);
    expect(connection.unread).toBe(4);
    expect(eventsOf(connection)).toEqual(["binary 0102"]);
    expect(connection.unread).toBe(0);
  });
});
