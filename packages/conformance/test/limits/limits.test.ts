import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../../test-depth.ts";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { HonestPeer } from "../../src/limits/honest-peer.ts";
import { Scene } from "../../src/limits/scene.ts";
import { runtimes } from "../../src/runtimes.ts";
import { countsIn, countsOf, type LimitCase, withCutOffs } from "./limit-case.ts";
import { limitCases } from "./limit-table.ts";

describe.each(runtimes)("limits of a server on $name", (runtime) => {
  let host: AttackedServer;

  beforeAll(async () => {
    host = await AttackedServer.start(runtime, "limits");
  });

  afterAll(() => host?.stop());

  // Each case has its own server, and most wait for timeouts.
  test.concurrent.each(rowsOn(runtime.name, limitCases, 3))("$name", async (limitCase) => {
    const scene = await Scene.start(host, limitCase.options);
    try {
      const honest = await HonestPeer.open(scene.port);
      await play(limitCase, scene, honest).finally(() => honest.destroy());
    } finally {
      await scene.stop();
    }
  });

  test("nothing was printed", () => {
    expect(host.process.standardError).toBe("");
  });
});

async function play(limitCase: LimitCase, scene: Scene, honest: HonestPeer): Promise<void> {
  const { cross, wire, events, exceedsRate = false } = limitCase;
  const lines = await cross(scene);
  const report = await scene
    .reported((report) => report.events.length >= events.length)
    .catch(() => scene.report());
  expect({ wire: withCutOffs(lines, wire), events: report.events.toSorted() }).toEqual({
    wire,
    events: events.toSorted(),
  });
  expect(countsIn(report)).toEqual(countsOf(events));
  const { messagesDropped, messageRateExceeded } = report.stats;
  expect(messagesDropped).toBe(report.dropped);
  expect(messagesDropped > 0).toBe(events.includes("dropped"));
  expect(messageRateExceeded > 0).toBe(exceedsRate);

  scene.destroyPeers();
  const { openConnections } = (
    await scene.reported(
      ({ stats }) => stats.openConnections + stats.pendingHandshakes + stats.bufferedAmount <= 1,
    )
  ).stats;
  expect(openConnections).toBe(1);
  expect(await honest.check()).toBeGreaterThan(1);
}
