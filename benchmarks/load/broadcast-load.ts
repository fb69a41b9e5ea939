/**
 * Receivers of broadcasts: one of them asks for a message to all, and asks again when all of them
 * have it. They only count bytes.
 */
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload } from "./frames.ts";
import { openMany, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface BroadcastLoadOptions {
  readonly target: Target;
  readonly connections: number;
  /** Length of the server's message in bytes. */
  readonly size: number;
}

const { target, connections, size } = runnerOptions<BroadcastLoadOptions>();
const request = makeFrame(2, makePayload("binary", 1), [1, 2, 3, 4]);
const broadcastLength = connections * makeFrame(2, makePayload("binary", size), undefined).length;
const round = new Round();
let missing = 0;
let received: () => void = () => {};

function count(length: number): void {
  missing -= length;
  if (missing < 0) fail("more bytes came than were broadcast");
  if (missing === 0) received();
}

/** Asks for one broadcast and waits until it has reached everyone. */
function broadcast(asker: RawConnection): Promise<void> {
  return new Promise((resolve) => {
    missing = broadcastLength;
    received = resolve;
    asker.write(request);
  });
}

/** A unit is one message that has reached one receiver. */
async function run(asker: RawConnection, units: number) {
  const broadcasts = Math.ceil(units / connections);
  round.start();
  for (let i = 0; i < broadcasts; i++) {
    const startedAt = performance.now();
    await broadcast(asker);
    round.answered(startedAt);
  }
  return round.finish(broadcasts * connections);
}

openMany(target, connections).then((all) => {
  for (const connection of all) {
    connection.onBytes = count;
    connection.onClose = () => fail("a connection was closed");
  }
  serveRunner({ connections: all.length }, ({ units }) => run(all[0], Number(units)));
}, fail);
