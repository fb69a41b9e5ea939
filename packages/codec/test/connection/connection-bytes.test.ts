import { describe, expect, test } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { wireFor } from "../arbitraries.ts";
import { ascii, bytes, hex, pattern } from "../bytes.ts";
import {
  eventsOf,
  openConnection,
  receive,
  receiveFrames,
  takeFrames,
  takeFrameTexts,
  takeOutput,
} from "./drive.ts";

const roles = ["client", "server"] as const;
const ping = (content: string) => ({ opcode: 9, payload: ascii(content) });

describe("outgoing frames", () => {
  test.each(roles)("have the right opcode, FIN and mask: %s", (role) => {
    const connection = openConnection(role);
    connection.send("\u20ac");
    connection.send(bytes("01 02"));
    connection.send("");
    connection.send(new Uint8Array(0));
    connection.ping(bytes("03"));
    const frames = takeFrames(connection);
    expect(frames.map(({ opcode, payload }) => [opcode, hex(payload)])).toEqual([
      [1, "e282ac"],
      [2, "0102"],
      [1, ""],
      [2, ""],
      [9, "03"],
    ]);
    for (const frame of frames) {
      expect(frame).toMatchObject({ fin: true, rsv1: false, rsv2: false, rsv3: false });
      expect(frame.masked).toBe(role === "client");
    }
  });

  test.each(roles)("are the same for a prepared message: %s", (role) => {
    for (const data of ["\u20ac", bytes("01 02"), pattern(70_000), ""]) {
      const prepared = prepareMessage(data);
      const [connection, other] = [openConnection(role), openConnection(role)];
      other.send(data);
      const [expected] = takeFrames(other);
      for (let i = 0; i < 2; i++) {
        expect(connection.sendPrepared(prepared)).toBe(true);
        expect(takeFrames(connection)).toMatchObject([
          { opcode: expected.opcode, masked: role === "client", payload: expected.payload },
        ]);
      }
      connection.close(1000);
      expect(connection.sendPrepared(prepared)).toBe(false);
    }
  });

  test("have a new masking key each from a client, none from a server (section 5.3)", () => {
    let drawn = 0;
    const drawMaskingKey = () => ++drawn;
    const client = openConnection("client", { drawMaskingKey });
    client.send("a");
    client.send(new Uint8Array(1000));
    client.ping(bytes(""));
    receiveFrames(client, "client", ping("p"));
    client.close(1000);
    const keys = takeFrames(client).map(({ maskingKey }) => hex(maskingKey));
    expect(keys).toEqual(["00000001", "00000002", "00000003", "00000004", "00000005"]);

    const server = openConnection("server", { drawMaskingKey });
    server.send("a");
    server.send(new Uint8Array(20_000));
    server.close();
    expect(takeFrames(server).every(({ masked }) => !masked)).toBe(true);
    expect(drawn).toBe(5);
  });

  test("follow the response of the opening handshake", () => {
    const connection = openConnection("server");
    connection.enqueue(ascii("HTTP/1.1 101\r\n\r\n"));
    connection.send("Hello");
    expect(connection.bufferedAmount).toBe(16 + 7);
    expect(hex(takeOutput(connection))).toBe(hex(ascii("HTTP/1.1 101\r\n\r\n\x81\x05Hello")));
    expect(connection.bufferedAmount).toBe(0);
  });
});

describe("sent bytes", () => {
  // Lengths on both sides of each threshold at which payloads are copied or sent differently.
  const lengths = [0, 1, 48, 49, 125, 126, 4096, 16_383, 16_384, 65_535, 65_536, 200_000];

  test.each(roles)("of any length are one frame and are not modified: %s", (role) => {
    for (const length of lengths) {
      const connection = openConnection(role);
      const data = pattern(length);
      expect(connection.send(data)).toBe(true);
      const texts = takeFrameTexts(connection);
      expect(texts).toEqual([`binary ${hex(pattern(length))}`]);
      expect(hex(data)).toBe(hex(pattern(length)));
    }
  });

  test.each([
    ["client", 200_000],
    ["server", 16_383],
  ] as const)("may be changed after send if they are copied: %s, %i", (role, most) => {
    for (const length of lengths.filter((length) => length <= most)) {
      const connection = openConnection(role);
      const data = pattern(length);
      connection.send(data);
      data.fill(0xee);
      expect(takeFrameTexts(connection)).toEqual([`binary ${hex(pattern(length))}`]);
    }
  });

  test.each(roles)("of a Ping and of the handshake's response are copied: %s", (role) => {
    const connection = openConnection(role);
    const answer = pattern(5);
    const payload = pattern(125);
    connection.enqueue(answer);
    connection.ping(payload);
    answer.fill(0xee);
    payload.fill(0xee);
    const output = takeOutput(connection);
    expect(hex(output.subarray(0, 5))).toBe(hex(pattern(5)));
    expect(output.length).toBe(5 + 2 + (role === "client" ? 4 : 0) + 125);
    expect(hex(payload)).toBe("ee".repeat(125));
    if (role === "server") expect(hex(output.subarray(7))).toBe(hex(pattern(125)));
  });

  test("that are long are not copied by a server", () => {
    const connection = openConnection("server");
    const data = pattern(1_000_000);
    connection.send(data);
    expect(connection.bufferedAmount).toBe(1_000_010);
    connection.advance(10);
    expect(connection.peek()).toBe(data);
  });

  test("may be a view of a larger buffer, also of a Node Buffer", () => {
    const memory = pattern(100_000);
    const sources = [memory, ...(typeof Buffer === "undefined" ? [] : [Buffer.from(memory)])];
    for (const source of sources) {
      for (const role of roles) {
        const connection = openConnection(role);
        connection.send(source.subarray(3, 50));
        connection.send(source.subarray(5, 90_000));
        expect(takeFrameTexts(connection)).toEqual([
          `binary ${hex(memory.subarray(3, 50))}`,
          `binary ${hex(memory.subarray(5, 90_000))}`,
        ]);
      }
    }
  });

  test("keep their order, whether copied or not", () => {
    const connection = openConnection("server");
    const sent = [10, 70_000, 20, 16_384, 0, 16_383, 5, 100_000].map((length) => pattern(length));
    for (const data of sent) connection.send(data);
    const expected = sent.map((data) => `binary ${hex(data)}`);
    expect(takeFrameTexts(connection)).toEqual(expected);
  });
});

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

describe("waiting bytes", () => {
  test("two connections do not share a queue while bytes wait", () => {
    const [first, second] = [openConnection("server"), openConnection("server")];
    first.send(Uint8Array.of(1));
    second.send(Uint8Array.of(2));
    first.releaseOutput();
    expect(first.bufferedAmount).toBe(3);
    expect(hex(takeOutput(second))).toBe("820102");
    second.releaseOutput();
    expect(hex(takeOutput(first))).toBe("820101");
    first.releaseOutput();
    expect([first.bufferedAmount, first.peek()]).toEqual([0, undefined]);
    first.advance(0);
    second.send(Uint8Array.of(3));
    expect(hex(takeOutput(second))).toBe("820103");
  });
});
