import { expect, test } from "vitest";
import { deflateFor, openCompressed } from "../deflate/compressors.ts";
import { openConnection, takeFrameTexts } from "./drive.ts";

const roles = ["client", "server"] as const;

test.each(roles)(
  "a message that has begun may become one frame, before those behind it: %s",
  (role) => {
    const sender = openConnection(role);
    sender.send("a");
    expect(sender.beginFragments(() => {})).toBe(true);
    sender.send("c");
    expect(takeFrameTexts(sender)).toEqual(["text 61"]);
    expect(sender.sendBegun("b")).toBe(true);
    expect(takeFrameTexts(sender)).toEqual(["text 62", "text 63"]);
    expect([sender.heldLength, sender.bufferedAmount]).toEqual([0, 0]);
  },
);

test("a message in fragments that waits behind it begins, and it may become one frame as well", () => {
  const sender = openConnection("server");
  const begun: string[] = [];
  sender.beginFragments(() => void begun.push("first"));
  sender.beginFragments(() => void begun.push("second"));
  sender.send("z");
  sender.sendBegun(new Uint8Array([1]));
  expect(begun).toEqual(["first", "second"]);
  sender.sendFragment(new Uint8Array([2]), false, false);
  sender.sendFragment(new Uint8Array([3]), false, true);
  expect(takeFrameTexts(sender)).toEqual(["binary 01", "binary 02", "0 03", "text 7a"]);

  sender.beginFragments(() => void sender.sendBegun("at once"));
  sender.beginFragments(() => void sender.sendBegun(new Uint8Array([4])));
  expect(takeFrameTexts(sender)).toEqual(["text 6174206f6e6365", "binary 04"]);
});

test("a long message that has begun waits to be compressed, and those behind it wait too", () => {
  const sender = openCompressed("server", deflateFor());
  sender.beginFragments(() => {});
  sender.send("b");
  sender.sendBegun(new Uint8Array(600_000));
  expect([sender.isCompressing, sender.queuedLength]).toEqual([true, 0]);
  expect(sender.bufferedAmount).toBeGreaterThan(600_000);
  while (sender.isCompressing) sender.compress();
  expect(takeFrameTexts(sender).at(-1)).toBe("text 62");
  sender.end();
});

test("nothing is sent if no message has begun, or after a Close frame", () => {
  const sender = openConnection("server");
  expect(sender.sendBegun("a")).toBe(false);
  sender.beginFragments(() => {});
  sender.close();
  expect(sender.sendBegun("b")).toBe(false);
  expect(takeFrameTexts(sender)).toEqual(["close "]);
});
