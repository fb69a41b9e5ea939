/**
 * Keeps messages in flight to an echo server or client. To avoid being the bottleneck, it sends
 * frames made in advance and only counts the bytes of the echoes.
 */
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, opcodeOf, type PayloadKind, repeat } from "./frames.ts";
import { type Http2Stream, openStreams } from "./http2-connection.ts";
import { listen, openMany, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface EchoLoadOptions {
  /** The echo server, or the protocol on which to listen for echo clients. */
  readonly target: Target | { readonly listen: "ws" | "tcp" };
  readonly connections: number;
  /** Messages in flight per connection. They are sent together. */
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
/**
 * Length of one echo in bytes. Only clients mask, so it differs by the 4 bytes of the masking key.
 * Plain TCP echoes the same bytes.
 */
const echoLength = frame.length + (protocol === "tcp" ? 0 : listening ? 4 : -4);
const round = new Round();
type EchoConnection = RawConnection | Http2Stream;

/** Sends `bursts` bursts over one connection, each after the echo of the previous one. */
function drive(connection: EchoConnection, bursts: number, startedAt: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bursts;
    let missing = echoLength * depth;
    let sentAt = startedAt;
    connection.onClose = () => reject(new Error("a connection was closed"));
    connection.onBytes = (length) => {
      missing -= length;
      if (missing > 0) return;
      if (missing < 0) return reject(new Error("received more bytes than were sent"));
      sentAt = round.answered(sentAt);
      if (--left === 0) return resolve();
      missing = echoLength * depth;
      connection.write(burst);
    };
    connection.write(burst);
  });
}

async function run(messages: number, all: readonly EchoConnection[]) {
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
  const open = target.http2 === undefined ? openMany : openStreams;
  open(target, connections).then((all) => {
    serveRunner({ connections: all.length }, ({ units }) => run(Number(units), all));
  }, fail);
}
