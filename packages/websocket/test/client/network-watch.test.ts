import os from "node:os";
import { createNetwork, TestClock } from "@framewright/websocket/testing";
import { expect, test } from "vitest";
import { NetworkWatch } from "../../src/client/network-watch.ts";
import { Reconnecting } from "../../src/client/reconnecting.ts";

/** A machine with these addresses, beside its own. */
function machine(...addresses: string[]) {
  const lists = { lo: [{ address: "127.0.0.1", internal: true }], none: undefined };
  const eth = addresses.map((address) => ({ address, internal: false }));
  return { networkInterfaces: () => ({ ...lists, eth }), eth };
}

test("listeners are told of a new address, not of one that is gone", async () => {
  using clock = TestClock.install();
  const { eth, ...os } = machine("192.0.2.1");
  const watch = new NetworkWatch(os);
  let count = 0;
  const listener = () => {
    count++;
  };
  watch.add(listener);
  const steps: (readonly [string[], number])[] = [
    [["192.0.2.1"], 0],
    [[], 0],
    [["192.0.2.1"], 1],
    [["192.0.2.1", "2001:db8::1"], 2],
    [["2001:db8::1", "192.0.2.1"], 2],
    [["203.0.113.7"], 3],
  ];
  for (const [addresses, expected] of steps) {
    eth.splice(0, eth.length, ...addresses.map((address) => ({ address, internal: false })));
    await clock.advance(2_000);
    expect(count).toBe(expected);
  }
  expect(clock.waiting).toBe(0);
  watch.delete(listener);
  expect(clock.size).toBe(0);
});

test("nothing is read without permission, and an error is no change", async () => {
  using clock = TestClock.install();
  const forbidden = {
    networkInterfaces() {
      throw new Error("EPERM");
    },
  };
  new NetworkWatch(forbidden, () => false).add(() => {});
  expect(clock.size).toBe(0);
  const watch = new NetworkWatch(forbidden);
  const listener = () => expect.unreachable();
  watch.add(listener);
  await clock.advance(10_000);
  watch.delete(listener);
});

test("reads the addresses of this machine", async () => {
  using clock = TestClock.install();
  const watch = new NetworkWatch(os);
  const listener = () => expect.unreachable();
  watch.add(listener);
  await clock.advance(4_000);
  watch.delete(listener);
});

test("reconnecting tries at once with a new address, and is forgotten when it is closed", async () => {
  using clock = TestClock.install();
  const { eth, ...os } = machine();
  const watch = new NetworkWatch(os);
  const network = createNetwork();
  const connection = new Reconnecting(
    "ws://test/",
    { minDelay: 2 ** 31 - 1, maxDelay: 2 ** 31 - 1 },
    (url, options) => network.connect(url, options),
    watch,
  );
  await clock.advance(4_000);
  const server = await network.serve();
  expect(connection.state).toBe("waiting");
  eth.push({ address: "192.0.2.1", internal: false });
  await clock.advance(2_000);
  expect(connection.state).toBe("open");
  connection.close();
  await connection.closed;
  await server.close();
  await clock.advance(10_000);
  expect(clock.size).toBe(0);
});
