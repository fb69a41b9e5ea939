import { pair, settle } from "@framewright/websocket/testing";
import { expect, test } from "vitest";
import { nextTurn, recordActivity } from "../../src/testing/settle.ts";

test("waits for a chain of turns, and for what moves in each", async () => {
  let left = 20;
  const work = () => {
    if (--left > 0) nextTurn(work);
  };
  nextTurn(work);
  await settle();
  expect(left).toBe(0);
});

test("waits for handlers that resume in microtasks and immediates", async () => {
  let left = 5;
  const move = () => {
    recordActivity();
    if (--left > 0) setImmediate(() => setImmediate(move));
  };
  move();
  await settle();
  expect(left).toBe(0);
});

test("waits for an exchange of many messages, and lets the event loop run meanwhile", async () => {
  let turns = 0;
  const count = () => {
    turns++;
    if (turns < 1_000) setImmediate(count);
  };
  let echoes = 0;
  await using sockets = await pair({
    server: { message: (socket, data) => void socket.send(data) },
    client: {
      message(socket, data) {
        if (++echoes < 5_000) socket.send(data);
      },
    },
  });
  setImmediate(count);
  sockets.client.send("a");
  await settle();
  expect(echoes).toBe(5_000);
  expect(turns).toBeGreaterThan(2);
});

test("returns at once when nothing moves", async () => {
  await settle();
  await settle();
});
