import { expect, test } from "vitest";
import { ConnectionState } from "../../src/connection/state.ts";
import { bytes } from "../bytes.ts";
import { deflateFor, openCompressed } from "../deflate/compressors.ts";
import { openConnection, takeFrameTexts } from "./drive.ts";

test("nothing can be queued after a Close frame", () => {
  const connection = openConnection("server");
  expect(connection.close()).toBe(true);
  expect([
    connection.send("a"),
    connection.ping(bytes("")),
    connection.pong(bytes("")),
    connection.close(),
  ]).toEqual([false, false, false, false]);
  expect(takeFrameTexts(connection)).toEqual(["close "]);
  connection.discardOutput();
  expect(connection.state).toBe(ConnectionState.CloseSent);
});

test("discard drops what waits, compressed or not", () => {
  const connection = openCompressed("server", deflateFor());
  connection.send("a");
  connection.send(new Uint8Array(600_000));
  connection.discard();
  expect([connection.bufferedAmount, connection.peek()]).toEqual([0, undefined]);
  connection.end();
});
