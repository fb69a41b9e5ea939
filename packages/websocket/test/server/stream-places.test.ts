import { expect, test } from "vitest";
import { StreamPlaces } from "../../src/server/stream-places.ts";

const long = 60_000;

test.each([
  [1, 1],
  [10, 1],
  [11, 2],
  [1_000, 100],
])("of %d pending handshakes, one connection may have %d", (all, one) => {
  expect(new StreamPlaces(all, long).max).toBe(one);
});

test("connections are counted apart", () => {
  const places = new StreamPlaces(10, long);
  const [first, second] = [{}, {}];
  expect(places.take(first).index).toBe(0);
  expect(places.take(first).index).toBe(1);
  expect(places.take(second).index).toBe(0);
});

test("a place is free when the stream has left, once", () => {
  const places = new StreamPlaces(10, long);
  const connection = {};
  const place = places.take(connection);
  places.take(connection);
  place.leave();
  place.leave();
  expect(places.take(connection).index).toBe(1);
});

test.each(["leave first", "settle first"])("a place waits for accept: %s", (order) => {
  const places = new StreamPlaces(10, long);
  const connection = {};
  const place = places.take(connection);
  place.asks();
  if (order === "leave first") place.leave();
  else place.settled();
  const other = places.take(connection);
  expect(other.index).toBe(1);
  other.leave();
  if (order === "leave first") place.settled();
  else place.leave();
  place.settled();
  expect(places.take(connection).index).toBe(0);
  places.end();
});

test("an accept that never settles has its place for the handshake timeout", async () => {
  const places = new StreamPlaces(10, 20);
  const connection = {};
  const place = places.take(connection);
  place.asks();
  place.leave();
  const next = () => {
    const other = places.take(connection);
    other.leave();
    return other.index;
  };
  expect(next()).toBe(1);
  await expect.poll(next).toBe(0);
  places.end();
});

test("the end frees the places of pending calls of accept", () => {
  const places = new StreamPlaces(10, long);
  const connection = {};
  const place = places.take(connection);
  place.asks();
  place.leave();
  places.end();
  expect(places.take(connection).index).toBe(0);
});
