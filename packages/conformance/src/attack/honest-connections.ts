import { setTimeout as delay } from "node:timers/promises";
import type { RawPeer } from "../raw-peer.ts";
import { echoes } from "../server-driver.ts";
import type { AttackedServer } from "./attacked-server.ts";

/** Pause between two messages of an honest connection, in milliseconds. */
const pause = 5;

/** Results of the honest connections. Times are in milliseconds. */
export interface HonestFigures {
  readonly exchanges: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
  readonly failures: readonly string[];
}

/**
 * Exchanges small echoes over several connections while an attack runs.
 *
 * @param attack - The exchanges stop when it settles.
 */
export async function honestDuring(
  server: AttackedServer,
  attack: () => Promise<void>,
  count = 5,
): Promise<HonestFigures> {
  const peers = await Promise.all(Array.from({ length: count }, () => server.open()));
  const times: number[] = [];
  const failures: string[] = [];
  const attacking = { goesOn: true };
  const exchanges = peers.map((peer, index) =>
    exchange(peer, index, times, attacking).catch((error: Error) => failures.push(error.message)),
  );
  try {
    await attack();
  } finally {
    attacking.goesOn = false;
    await Promise.all(exchanges);
    for (const peer of peers) peer.destroy();
  }
  times.sort((a, b) => a - b);
  return {
    exchanges: times.length,
    median: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    longest: times.at(-1) ?? Number.NaN,
    failures,
  };
}

async function exchange(
  peer: RawPeer,
  index: number,
  times: number[],
  attacking: { readonly goesOn: boolean },
): Promise<void> {
  for (let number = 0; attacking.goesOn; number++) {
    const start = performance.now();
    if (!(await echoes(peer, `connection ${index}, message ${number}`))) {
      throw new Error(`connection ${index} got no echo of message ${number}`);
    }
    times.push(performance.now() - start);
    await delay(pause);
  }
}

/** Prints the figures next to the test's name. */
export function printFigures(what: string, figures: HonestFigures): void {
  const { exchanges, median, p99, longest } = figures;
  const times = [median, p99, longest].map((time) => time.toFixed(1)).join(" / ");
  console.log(`${what}: ${exchanges} exchanges, median / p99 / longest ${times} ms`);
}
