import os from "node:os";
import { createNetwork, TestClock } from "@framewright/websocket/testing";
import { expect, test } from "vitest";
import { NetworkWatch } from "../../src/client/network-watch.ts";
import { reconnectingWith } from "../../src/client/reconnecting.ts";

/** A machine with these addresses, beside its own. */
class Machine {
  readonly eth: { address: string; internal: boolean }[] = [];
  /** How often the addresses were read. */
  looks = 0;

  constructor(...addresses: string[]) {
    this.set(...addresses);
  }

  set(...addresses: string[]): void {
    this.eth.splice(
      0,
      this.eth.length,
      ...addresses.map((address) => ({ address, internal: false })),
    );
  }

  networkInterfaces() {
    this.looks++;
    return { lo: [{ address: "127.0.0.1", internal: true }], none: undefined, eth: this.eth };
  }
}

/** Whether the addresses are read as time passes. */
async function isWatched(machine: Machine, clock: TestClock): Promise<boolean> {
  const { looks } = machine;
  await clock.advance(10_000);
  return machine.looks > looks;
}

test("listeners are told of a new address, not of one that is gone", async () => {
  using clock = TestClock.install();
  const machine = new Machine("192.0.2.1");
  const watch = new NetworkWatch(machine);
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
    machine.set(...addresses);
    await clock.advance(2_000);
    expect(count).toBe(expected);
  }
  expect(await isWatched(machine, clock)).toBe(true);
  watch.delete(listener);
  expect(await isWatched(machine, clock)).toBe(false);
});

test("nothing is read without permission, and an error is no change", async () => {
  using clock = TestClock.install();
  const forbidden = {
    networkInterfaces() {
      throw new Error("EPERM");
    },
  };
  const machine = new Machine();
  new NetworkWatch(machine, () => false).add(() => {});
  expect(await isWatched(machine, clock)).toBe(false);
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
  const machine = new Machine();
  const watch = new NetworkWatch(machine);
  const network = createNetwork();
  const connection = reconnectingWith(
    "ws://test/",
    { minDelay: 2 ** 31 - 1, maxDelay: 2 ** 31 - 1 },
    (url, options) => network.connect(url, options),
    watch,
  );
  await clock.advance(4_000);
  const server = await network.serve();
  expect(connection.state).toBe("waiting");
  machine.set("192.0.2.1");
  await clock.advance(2_000);
  expect(connection.state).toBe("open");
  connection.close();
  await connection.closed;
  await server.close();
  expect(await isWatched(machine, clock)).toBe(false);
});
