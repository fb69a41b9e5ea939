/** Opens connections, does the opening handshake and ends them at once, so many at a time. */
import { runnerOptions, serveRunner } from "../instrument/child.ts";
import { open, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface HandshakeLoadOptions {
  readonly target: Target;
  /** How many handshakes are under way at a time. */
  readonly concurrency: number;
}

const { target, concurrency } = runnerOptions<HandshakeLoadOptions>();
const round = new Round();
/** What plain TCP gets instead of a handshake: an echo of as many bytes. */
const greeting = Buffer.alloc(180, "x");

function echoed(connection: RawConnection): Promise<void> {
  return new Promise((resolve) => {
    let missing = greeting.length;
    connection.onBytes = (length) => {
      missing -= length;
      if (missing === 0) resolve();
    };
    connection.write(greeting);
  });
}

/** One connection from its beginning to its end, both directions of which have ended. */
async function openAndEnd(): Promise<void> {
  const startedAt = performance.now();
  const connection = await open(target);
  if (target.protocol === "tcp") await echoed(connection);
  round.answered(startedAt);
  await new Promise<void>((resolve) => {
    connection.onClose = resolve;
    connection.end();
  });
}

async function run(total: number) {
  let left = total;
  const worker = async () => {
    while (left-- > 0) await openAndEnd();
  };
  round.start();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return round.finish(total);
}

serveRunner({}, ({ units }) => run(Number(units)));
