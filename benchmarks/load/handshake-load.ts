/**
 * Opens connections, performs the opening handshake and closes them immediately. A fixed number of
 * them is in progress at a time.
 */
import { runnerOptions, serveRunner } from "../instrument/child.ts";
import { open, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface HandshakeLoadOptions {
  readonly target: Target;
  /** Handshakes in progress at a time. */
  readonly concurrency: number;
}

const { target, concurrency } = runnerOptions<HandshakeLoadOptions>();
const round = new Round();
/** Sent over plain TCP in place of a handshake, and echoed. */
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

/** Opens one connection, ends it and waits until both directions have ended. */
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
