import { expect, test } from "vitest";
import { MessageQueue } from "../../src/socket/message-queue.ts";

test("readers get messages in order, whichever arrive first", async () => {
  const queue = new MessageQueue(() => {});
  const first = queue.next();
  const second = queue.next();
  queue.push("a");
  queue.push("b");
  queue.push("c");
  expect(await Promise.all([first, second, queue.next()])).toEqual(
    ["a", "b", "c"].map((value) => ({ value, done: false })),
  );
  const waiting = queue.next();
  queue.end();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

test("is full with 64 KiB or 1,024 empty messages, and reports free space once when half of it is free", async () => {
  let spaces = 0;
  const queue = new MessageQueue(() => {
    spaces++;
  });
  queue.push(new Uint8Array(65_536));
  expect(queue.full).toBe(true);
  await queue.next();
  expect([queue.full, spaces]).toEqual([false, 1]);
  for (let i = 0; i < 1_024; i++) queue.push("");
  expect(queue.full).toBe(true);
  for (let i = 0; i < 511; i++) await queue.next();
  expect([queue.full, spaces]).toEqual([false, 1]);
  for (let i = 0; i < 513; i++) await queue.next();
  expect([queue.full, spaces]).toEqual([false, 2]);
});

test("drops what comes while it is full, and all that follows, so that no gap is hidden", async () => {
  const queue = new MessageQueue(() => {});
  const long = "x".repeat(65_536);
  for (const message of ["first", long, "dropped"]) queue.push(message);
  await queue.next();
  await queue.next();
  queue.push("after a gap");
  queue.end();
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});
