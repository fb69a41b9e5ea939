import { describe, expect, test } from "vitest";
import { IncompleteRequests } from "../../src/server/incomplete-requests.ts";

/** Requests that are named when they give way. */
function recording(maxPendingHandshakes: number) {
  const requests = new IncompleteRequests(maxPendingHandshakes);
  const evicted: string[] = [];
  const add = (name: string, address: string) =>
    requests.add({ evict: () => void evicted.push(name) }, address);
  const evictAll = () => {
    while (requests.next !== undefined) requests.next.evict();
    return evicted;
  };
  return { requests, add, evictAll };
}

describe("the request that gives way", () => {
  test("is the oldest if no client has more than a tenth of the places", () => {
    const { requests, add, evictAll } = recording(20);
    for (let index = 0; index < 8; index++) add(`request ${index}`, `192.0.2.${index % 4}`);
    expect(requests.size).toBe(8);
    expect(evictAll()).toEqual(Array.from({ length: 8 }, (_, index) => `request ${index}`));
    expect(requests.size).toBe(0);
  });

  test("is the oldest of the client that has most of them, until it has a tenth", () => {
    const { add, evictAll } = recording(20);
    add("honest 0", "192.0.2.1");
    for (let index = 0; index < 5; index++) add(`flood ${index}`, "192.0.2.2");
    add("honest 1", "192.0.2.3");
    expect(evictAll()).toEqual([
      "flood 0",
      "flood 1",
      "flood 2",
      "honest 0",
      "flood 3",
      "flood 4",
      "honest 1",
    ]);
  });

  test("is of one IPv6 network, whatever addresses in it the client uses", () => {
    const { add, evictAll } = recording(10);
    add("honest", "2001:db8:1::1");
    for (let index = 0; index < 3; index++) add(`flood ${index}`, `2001:db8:2::${index}`);
    expect(evictAll()).toEqual(["flood 0", "flood 1", "honest", "flood 2"]);
  });

  test("is none of those that have left, from whichever place", () => {
    const { requests, add, evictAll } = recording(100);
    const places = Array.from({ length: 5 }, (_, index) => add(`request ${index}`, ""));
    for (const index of [0, 2, 4]) places[index].leave();
    places[2].leave();
    expect(requests.size).toBe(2);
    add("request 5", "");
    expect(evictAll()).toEqual(["request 1", "request 3", "request 5"]);
  });

  test("is found again after the client that had most has left", () => {
    const { add, evictAll } = recording(10);
    const flood = Array.from({ length: 5 }, () => add("flood", "192.0.2.2"));
    add("honest", "192.0.2.1");
    for (const place of flood) place.leave();
    for (let index = 0; index < 2; index++) add(`other ${index}`, "192.0.2.3");
    expect(evictAll()).toEqual(["other 0", "honest", "other 1"]);
  });
});
