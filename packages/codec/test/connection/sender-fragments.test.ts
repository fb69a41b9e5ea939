import { expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { openConnection, takeFrameTexts } from "./drive.ts";

test("messages and further fragmented messages wait in the order in which they were sent", () => {
  const sender = openConnection("client");
  const log: string[] = [];
  expect(sender.heldLength).toBe(0);
  expect(sender.beginFragments(() => void log.push("first"))).toBe(true);
  sender.send("a");
  sender.sendPrepared(prepareMessage("b"));
  sender.beginFragments(() => void log.push("second"));
  sender.send("c");
  expect(sender.bufferedAmount).toBeGreaterThan(2);
  expect(sender.queuedLength).toBe(0);
  sender.sendFragment(new Uint8Array([0]), false, false);
  expect(takeFrameTexts(sender)).toEqual(["binary 00"]);
  sender.sendFragment(new Uint8Array([1]), false, true);
  expect(takeFrameTexts(sender)).toEqual(["0 01", "text 61", "text 62"]);
  sender.sendFragment(new Uint8Array([2]), false, true);
  expect(takeFrameTexts(sender)).toEqual(["binary 02", "text 63"]);
  expect(log).toEqual(["first", "second"]);
  expect(sender.sendFragment(new Uint8Array([3]), false, true)).toBe(false);
});

test("after a Close frame nothing begins", () => {
  const sender = openConnection("server");
  sender.beginFragments(() => {});
  sender.close();
  expect(sender.beginFragments(() => {})).toBe(false);
  expect(sender.sendFragment(new Uint8Array(1), false, true)).toBe(false);
});
