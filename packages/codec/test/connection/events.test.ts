import { expect, test } from "vitest";
import { ConnectionEvent } from "../../src/connection/events.ts";

test("each event has a different number, and only NeedData is falsy", () => {
  expect(ConnectionEvent).toEqual({
    NeedData: 0,
    Message: 1,
    Ping: 2,
    Pong: 3,
    Closed: 4,
    Yield: 5,
    MessagePart: 6,
  });
});
