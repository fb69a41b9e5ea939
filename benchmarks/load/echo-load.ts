/**
 * Keeps messages in flight to something that echoes them. Cannot be the bottleneck as long as that can be
 * avoided: it sends frames that were made beforehand and only counts the bytes that come back.
 */
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, opcodeOf, type PayloadKind, repeat } from "./frames.ts";
import { listen, openMany, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface EchoLoadOptions {
  /** Where the echo server is; or that clients are to be waited for, which echo. */
  readonly target: Target | { readonly listen: "ws" | "tcp" };
  readonly connections: number;
  /** How many messages each connection has in flight: they go out together. */
  readonly depth: number;
  /** Length of a payload in bytes. */
  readonly size: number;
  readonly kind: PayloadKind;
}

const { target, connections, depth, size, kind } = runnerOptions<EchoLoadOptions>();
const listening = "listen" in target;
const protocol = listening ? target.listen : target.protocol;
const frame = makeFrame(
  opcodeOf(kind),
  makePayload(kind, size),
  listening ? undefined : [0x37, 0xfa, 0x21, 0x3d],
);
const burst = repeat(frame, depth);
/** Clients mask and servers do not, so an echo has four bytes more or less; plain TCP sends back what it got. */
const echoLength = frame.length + (protocol === "tcp" ? 0 : listening ? 4 : -4);
const round = new Round();

/** Sends `bursts` bursts over one connection, each when the one before has come back. */
function drive(connection: RawConnection, bursts: number, startedAt: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bursts;
    let missing = echoLength * depth;
    let sentAt = startedAt;
    connection.onClose = () => reject(new Error("a connection was closed"));
    connection.onBytes = (length) => {
      missing -= length;
      if (missing > 0) return;
      if (missing < 0) return reject(new Error("more bytes came back than were sent"));
      sentAt = round.answered(sentAt);
      if (--left === 0) return resolve();
      missing = echoLength * depth;
      connection.write(burst);
    };
    connection.write(burst);
  });
}

async function run(messages: number, all: readonly RawConnection[]) {
  const bursts = Math.ceil(messages / (all.length * depth));
  round.start();
  const startedAt = performance.now();
  await Promise.all(all.map((connection) => drive(connection, bursts, startedAt)));
  return round.finish(bursts * all.length * depth);
}

if (listening) {
  const { port, accepted } = listen(target.listen, connections);
  serveRunner({ port }, async ({ units }) => run(Number(units), await accepted));
} else {
  openMany(target, connections).then((all) => {
    serveRunner({ connections: all.length }, ({ units }) => run(Number(units), all));
  }, fail);
}
