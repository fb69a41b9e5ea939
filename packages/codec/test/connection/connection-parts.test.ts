import { expect, test } from "vitest";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { bytes } from "../bytes.ts";
import { openConnection } from "./drive.ts";

test("a long message is delivered in parts, with control frames between them", () => {
  const connection = openConnection("client", { streamFrom: 3 });
  expect([connection.isTextPart, connection.isLastPart]).toEqual([false, false]);
  const log: unknown[] = [];
  connection.receive(bytes("01 04 61 61 61 c3 89 00 80 03 a9 61 61 81 01 62"));
  for (;;) {
    const event = connection.next();
    if (event === ConnectionEvent.NeedData) break;
    if (event === ConnectionEvent.MessagePart) {
      log.push([connection.message, connection.isTextPart, connection.isLastPart]);
    } else log.push(event === ConnectionEvent.Ping ? "ping" : connection.message);
  }
  expect(log).toEqual([["aaa", true, false], "ping", ["\u00e9aa", true, true], "b"]);
});

test("a fault within a message ends the connection after the parts before it", () => {
  const connection = openConnection("client", { streamFrom: 3 });
  connection.receive(bytes("02 04 61 61 61 61 01 00"));
  expect(connection.next()).toBe(ConnectionEvent.MessagePart);
  expect(connection.next()).toBe(ConnectionEvent.Closed);
  expect(connection.closed).toMatchObject({ statusCode: 1002, wasClean: false });
});
