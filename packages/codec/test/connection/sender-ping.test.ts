import { describe, expect, test } from "vitest";
import { ascii, bytes, hex, pattern, transfer } from "../bytes.ts";
import type { FrameToWrite } from "../oracle/frame-writer.ts";
import { openConnection, receive, receiveFrames, takeFrames, takeFrameTexts } from "./drive.ts";

const roles = ["client", "server"] as const;
const ping = (content: string): FrameToWrite => ({ opcode: 9, payload: ascii(content) });
const pongText = (content: string) => `pong ${hex(ascii(content))}`;

describe.each(roles)("a Ping is answered (section 5.5.2): %s", (role) => {
  test("with a Pong of the same payload", () => {
    for (const length of [0, 1, 125]) {
      const connection = openConnection(role);
      const payload = pattern(length);
      expect(receiveFrames(connection, role, { opcode: 9, payload })).toEqual([
        `ping ${hex(payload)}`,
      ]);
      expect(takeFrameTexts(connection)).toEqual([`pong ${hex(payload)}`]);
    }
  });

  test("each one and at once while little output waits", () => {
    const connection = openConnection(role);
    receiveFrames(connection, role, ping("a"), ping("b"), ping("c"));
    expect(takeFrameTexts(connection)).toEqual(["a", "b", "c"].map(pongText));
  });

  test("between the fragments of a message", () => {
    const connection = openConnection(role);
    const events = receiveFrames(
      connection,
      role,
      { opcode: 1, fin: false, payload: ascii("Hel") },
      ping("p"),
      { opcode: 0, payload: ascii("lo") },
    );
    expect(events).toEqual(["ping 70", "text Hello"]);
    expect(takeFrameTexts(connection)).toEqual([pongText("p")]);
  });

  test("not after a Close frame was sent, but it is reported", () => {
    const connection = openConnection(role);
    connection.close(1000);
    expect(receiveFrames(connection, role, ping("p"))).toEqual(["ping 70"]);
    expect(takeFrameTexts(connection)).toEqual(["close 03e8"]);
  });

  test("an unsolicited Pong is reported and not answered (section 5.5.3)", () => {
    const connection = openConnection(role);
    const events = receiveFrames(connection, role, { opcode: 10, payload: ascii("x") });
    expect(events).toEqual(["pong 78"]);
    expect(takeFrames(connection)).toEqual([]);
  });
});

describe.each(roles)("while much output waits (section 5.5.3): %s", (role) => {
  function withMuchOutput() {
    const connection = openConnection(role);
    connection.send(pattern(20_000));
    return connection;
  }
  const pongs = (texts: string[]) => texts.filter((text) => !text.startsWith("binary"));

  test("only the latest Ping is answered, after that output", () => {
    const connection = withMuchOutput();
    const events = receiveFrames(connection, role, ping("a"), ping("b"), ping("c"));
    expect(events).toEqual(["ping 61", "ping 62", "ping 63"]);
    const texts = takeFrameTexts(connection);
    expect(texts).toEqual([`binary ${hex(pattern(20_000))}`, pongText("c")]);
  });

  test("an endless stream of Pings takes no more memory", () => {
    const connection = withMuchOutput();
    const before = connection.bufferedAmount;
    for (let i = 0; i < 2000; i++) receiveFrames(connection, role, ping(`ping ${i}`));
    expect(connection.bufferedAmount).toBe(before);
    expect(pongs(takeFrameTexts(connection))).toEqual([pongText("ping 1999")]);
  });

  test("the payload of a waiting Pong is copied from its chunk", () => {
    const connection = openConnection("client");
    while (connection.bufferedAmount <= 16_384) connection.send(pattern(5000));
    const chunk = bytes("89 03 61 62 63");
    receive(connection, [chunk]);
    chunk.fill(0xff);
    expect(pongs(takeFrameTexts(connection))).toEqual([pongText("abc")]);
  });

  test("a Ping is not answered after a later one", () => {
    const connection = withMuchOutput();
    receiveFrames(connection, role, ping("early"));
    while (connection.bufferedAmount > 10_000)
      connection.advance(Math.min(10_000, connection.peek()?.length ?? 0));
    receiveFrames(connection, role, ping("late"));
    connection.advance(connection.bufferedAmount - 2 - 4 - (role === "client" ? 4 : 0));
    expect(takeFrameTexts(connection)).toEqual([pongText("late")]);
  });

  test("a waiting Pong is not sent after a Close frame", () => {
    for (const end of ["sent", "received", "failed"]) {
      const connection = withMuchOutput();
      receiveFrames(connection, role, ping("p"));
      if (end === "sent") connection.close(1000);
      else receiveFrames(connection, role, { opcode: end === "received" ? 8 : 3 });
      const opcodes = takeFrames(connection).map(({ opcode }) => opcode);
      expect(opcodes).toEqual([2, 8]);
    }
  });

  test("a waiting Pong is not sent after the transport has ended", () => {
    const connection = withMuchOutput();
    receiveFrames(connection, role, ping("p"));
    connection.end();
    expect(pongs(takeFrameTexts(connection))).toEqual([]);
  });
});

test.each(roles)("ping throws for more than 125 bytes (section 5.5): %s", (role) => {
  const connection = openConnection(role);
  for (const length of [126, 70_000]) {
    expect(() => connection.ping(new Uint8Array(length))).toThrow(
      expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  }
  expect(connection.ping(pattern(125))).toBe(true);
  expect(takeFrameTexts(connection)).toEqual([`ping ${hex(pattern(125))}`]);
});

describe.each(roles)("the payload of a control frame is checked: %s", (role) => {
  test.each(["ping", "pong"] as const)("%s", (kind) => {
    const connection = openConnection(role);
    for (const payload of [200, "x", { length: 5 }, new Float32Array(1), null]) {
      const code = "WS_ERR_INVALID_ARGUMENT";
      expect(() => connection[kind](payload as Uint8Array)).toThrow(
        expect.objectContaining({ name: "TypeError", code }),
      );
    }
    expect(() => connection[kind](new Uint8Array(126))).toThrow(RangeError);
    expect(takeFrames(connection)).toEqual([]);
  });
});

test.each(["server", "client"] as const)(
  "a %s does not send a Ping or a Pong whose payload has lost its memory",
  (role) => {
    const connection = openConnection(role);
    const detached = new Uint8Array(4);
    transfer(detached);
    const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" });
    expect(() => connection.ping(detached)).toThrow(fault);
    expect(() => connection.pong(detached)).toThrow(fault);
    expect(connection.bufferedAmount).toBe(0);
  },
);
