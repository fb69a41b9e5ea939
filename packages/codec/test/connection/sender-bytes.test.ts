import { describe, expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { ascii, bytes, hex, pattern } from "../bytes.ts";
import { openConnection, receiveFrames, takeFrames, takeFrameTexts, takeOutput } from "./drive.ts";

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
