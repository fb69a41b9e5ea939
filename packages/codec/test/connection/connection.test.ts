import { describe, expect, test } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { ConnectionState } from "../../src/connection/state.ts";
import { allocationsOf } from "../allocations.ts";
import { ascii, bytes, hex } from "../bytes.ts";
import type { FrameToWrite } from "../oracle/frame-writer.ts";
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
const { Open, CloseSent, CloseReceived, Closed } = ConnectionState;

const text = (content: string): FrameToWrite => ({ opcode: 1, payload: ascii(content) });
const ping = (content: string): FrameToWrite => ({ opcode: 9, payload: ascii(content) });
const close = (body = ""): FrameToWrite => ({ opcode: 8, payload: bytes(body) });
const reserved: FrameToWrite = { opcode: 3 };

describe.each(roles)("each row of the closing handshake's table: %s", (role) => {
  test("Open, SendClose: a Close frame is sent and messages are still received", () => {
    const connection = openConnection(role);
    expect(connection.close(1000, "bye")).toBe(true);
    expect(connection.state).toBe(CloseSent);
    expect(connection.closed).toBeUndefined();
    expect(takeFrameTexts(connection)).toEqual(["close 03e8627965"]);
    expect(receiveFrames(connection, role, text("late"))).toEqual(["text late"]);
  });

  test("Open, ReceiveClose: the Close frame is answered with its own status code", () => {
    const connection = openConnection(role);
    expect(receiveFrames(connection, role, close("03e9 686921"))).toEqual([
      'closed 1001 "hi!" clean',
    ]);
    expect(connection.state).toBe(Closed);
    expect(takeFrameTexts(connection)).toEqual(["close 03e9686921"]);
  });

  test("Open, Fail: a Close frame is sent and nothing is received", () => {
    const connection = openConnection(role);
    expect(receiveFrames(connection, role, reserved, text("x"))).toEqual([
      "closed 1002 WS_ERR_INVALID_OPCODE",
    ]);
    expect(connection.state).toBe(Closed);
    const [frame, ...more] = takeFrames(connection);
    expect([frame.opcode, hex(frame.payload.slice(0, 2)), more]).toEqual([8, "03ea", []]);
  });

  test("Open, TransportEnd: 1006 and no Close frame", () => {
    const connection = openConnection(role);
    connection.end();
    expect(connection.state).toBe(Closed);
    expect(eventsOf(connection)).toEqual(['closed 1006 ""']);
    expect(takeFrames(connection)).toEqual([]);
  });

  test("CloseSent, SendClose: no second Close frame", () => {
    const connection = openConnection(role);
    connection.close(1000);
    expect(connection.close(1001)).toBe(false);
    expect(takeFrameTexts(connection)).toEqual(["close 03e8"]);
    expect(connection.state).toBe(CloseSent);
  });

  test("CloseSent, ReceiveClose: clean, with the peer's status code, and nothing more is sent", () => {
    const connection = openConnection(role);
    connection.close(1000);
    takeOutput(connection);
    expect(receiveFrames(connection, role, close("0bb8"))).toEqual(['closed 3000 "" clean']);
    expect(connection.state).toBe(Closed);
    expect(takeFrames(connection)).toEqual([]);
  });

  test("CloseSent, Fail: nothing more is sent", () => {
    const connection = openConnection(role);
    connection.close(1000);
    takeOutput(connection);
    expect(receiveFrames(connection, role, reserved)).toEqual([
      "closed 1002 WS_ERR_INVALID_OPCODE",
    ]);
    expect(connection.state).toBe(Closed);
    expect(takeFrames(connection)).toEqual([]);
  });

  test("CloseSent, TransportEnd: 1006", () => {
    const connection = openConnection(role);
    connection.close(1000);
    connection.end();
    expect(connection.state).toBe(Closed);
    expect(eventsOf(connection)).toEqual(['closed 1006 ""']);
  });

  test("Closed: nothing changes", () => {
    const connection = openConnection(role);
    receiveFrames(connection, role, close("03e8"));
    const { closed } = connection;
    takeOutput(connection);
    expect(receiveFrames(connection, role, text("x"), close("03e9"), reserved)).toEqual([]);
    connection.end(new Error("reset"));
    expect(eventsOf(connection)).toEqual([]);
    expect([connection.close(), connection.send("x"), connection.ping(bytes(""))]).toEqual([
      false,
      false,
      false,
    ]);
    expect(connection.closed).toBe(closed);
    expect(connection.state).toBe(Closed);
    expect(takeFrames(connection)).toEqual([]);
  });
});

test("between the peer's Close frame and the answer the state is CloseReceived", () => {
  const states: number[] = [];
  const connection: Connection = openConnection("client", {
    drawMaskingKey: () => {
      states.push(connection.state);
      return 0;
    },
  });
  connection.send("x");
  receiveFrames(connection, "client", close("03e8"));
  expect(states).toEqual([Open, CloseReceived]);
  expect(connection.state).toBe(Closed);
});

describe.each(roles)("the end of a connection: %s", (role) => {
  test("a Close frame without a body gives 1005 and is answered without a body", () => {
    const connection = openConnection(role);
    expect(receiveFrames(connection, role, close())).toEqual(['closed 1005 "" clean']);
    expect(takeFrameTexts(connection)).toEqual(["close "]);
  });

  test("input after a Close frame is ignored, in the same chunk or later", () => {
    const connection = openConnection(role);
    const events = receiveFrames(connection, role, text("a"), close("03e8"), text("b"), ping("c"));
    expect(events).toEqual(["text a", 'closed 1000 "" clean']);
    expect(connection.unread).toBe(0);
    expect(receiveFrames(connection, role, reserved)).toEqual([]);
    expect(takeFrameTexts(connection)).toEqual(["close 03e8"]);
  });

  test("the transport's end after both Close frames is clean", () => {
    const connection = openConnection(role);
    receiveFrames(connection, role, close("03e8"));
    connection.end(new Error("reset"));
    expect(eventsOf(connection)).toEqual([]);
    expect(connection.closed).toEqual({
      statusCode: 1000,
      reason: "",
      wasClean: true,
      error: undefined,
    });
  });

  test("the transport's error is reported", () => {
    const connection = openConnection(role);
    const error = new Error("reset");
    connection.end(error);
    expect(eventsOf(connection)).toEqual(["closed 1006 reset"]);
    expect(connection.closed?.error).toBe(error);
  });

  test("the transport's end within a message or a header is reported once", () => {
    for (const cutOff of ["01 05 41", "82 7e 01", "82", "88 02 03"]) {
      const connection = openConnection("client");
      expect(receive(connection, [bytes(cutOff)])).toEqual([]);
      connection.end();
      connection.end();
      expect(eventsOf(connection)).toEqual(['closed 1006 ""']);
      expect(eventsOf(connection)).toEqual([]);
    }
  });

  test("output that waits is sent before a Close frame", () => {
    const connection = openConnection(role);
    connection.send("a");
    connection.send(bytes("01"));
    connection.ping(bytes("02"));
    connection.close(4000, "b");
    expect(takeFrameTexts(connection)).toEqual(["text 61", "binary 01", "ping 02", "close 0fa062"]);
  });

  test("nothing is sent after a Close frame", () => {
    const connection = openConnection(role);
    connection.close();
    expect([
      connection.send("a"),
      connection.send(bytes("01")),
      connection.ping(bytes("")),
    ]).toEqual([false, false, false]);
    receiveFrames(connection, role, ping("p"));
    expect(takeFrameTexts(connection)).toEqual(["close "]);
  });

  test("an invalid status code or reason throws and changes nothing", () => {
    const connection = openConnection(role);
    const refused: [statusCode: number | undefined, reason?: string][] = [
      [1005],
      [999],
      [5000],
      [undefined, "why"],
      [1000, "x".repeat(124)],
    ];
    for (const [statusCode, reason] of refused) {
      expect(() => connection.close(statusCode, reason)).toThrow(
        expect.objectContaining({ code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    }
    expect(connection.state).toBe(Open);
    expect(connection.bufferedAmount).toBe(0);
  });

  test("discard drops the waiting output", () => {
    const connection = openConnection(role);
    connection.send("a");
    connection.discard();
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.peek()).toBeUndefined();
  });
});

test("releaseOutput makes the buffer available to other connections once nothing waits", () => {
  const [left, right] = [openConnection("server"), openConnection("server")];
  // Too long for a part of a buffer that many connections share.
  left.send("a".repeat(300));
  left.releaseOutput();
  expect(takeFrameTexts(left)).toEqual([`text ${"61".repeat(300)}`]);
  left.releaseOutput();
  expect(allocationsOf(() => right.send("b"))).toEqual([]);
  left.send("c");
  expect(takeFrameTexts(right)).toEqual(["text 62"]);
  expect(takeFrameTexts(left)).toEqual(["text 63"]);
});

test("send and receive may be called between two events", () => {
  const connection = openConnection("server");
  const wire = ["81 81 00000000 61", "81 81 00000000 62", "81 81 00000000 63"].join("");
  connection.receive(bytes(wire));
  expect(connection.next()).toBe(ConnectionEvent.Message);
  expect(connection.message).toBe("a");
  connection.send(connection.message);
  connection.receive(bytes("81 81 00000000 64"));
  expect(eventsOf(connection)).toEqual(["text b", "text c", "text d"]);
  expect(takeFrameTexts(connection)).toEqual(["text 61"]);
});

test("after close, messages that the peer sent before its Close frame are delivered", () => {
  const connection = openConnection("client");
  connection.receive(bytes("81 01 61  81 01 62  88 00  81 01 63"));
  expect(connection.next()).toBe(ConnectionEvent.Message);
  connection.close(1000);
  expect(eventsOf(connection)).toEqual(["text b", 'closed 1005 "" clean']);
  expect(takeFrameTexts(connection)).toEqual(["close 03e8"]);
});

test("two connections that share their options share nothing else", () => {
  const options = {
    role: "client" as const,
    maxMessageSize: 100,
    maxFragments: 10,
    drawMaskingKey: () => 0,
  };
  const [left, right] = [new Connection(options), new Connection(options)];
  receive(left, [bytes("01 01 61")]);
  expect(receive(right, [bytes("81 01 62")])).toEqual(["text b"]);
  expect(receive(left, [bytes("80 01 63")])).toEqual(["text ac"]);
});

describe("without options", () => {
  test("it is a server's end", () => {
    const connection = new Connection();
    expect(connection.send("hi")).toBe(true);
    expect(hex(takeOutput(connection))).toBe("81026869");
    connection.receive(bytes("81 81 00 00 00 00 61"));
    expect([connection.next(), connection.message]).toEqual([ConnectionEvent.Message, "a"]);
  });

  test("a client is refused, because it could not mask", () => {
    expect(() => new Connection({ role: "client" })).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" }),
    );
  });

  test("a Ping and a Pong have no payload", () => {
    const connection = new Connection();
    connection.ping();
    connection.pong();
    expect(hex(takeOutput(connection))).toBe("89008a00");
  });
});
