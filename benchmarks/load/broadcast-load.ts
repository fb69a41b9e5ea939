/**
 * Receivers of broadcasts, which only count bytes. One of them requests a message to all, and
 * requests the next when all have received it.
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
  if (missing < 0) fail("received more bytes than were broadcast");
  if (missing === 0) received();
}

/** Requests one broadcast and waits until all have received it. */
function broadcast(asker: RawConnection): Promise<void> {
  return new Promise((resolve) => {
    missing = broadcastLength;
    received = resolve;
    asker.write(request);
  });
}

/** Runs a round. One unit is one message received by one receiver. */
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
