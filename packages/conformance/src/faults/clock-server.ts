import type { ServeOptions, Server } from "@framewright/websocket";

/** A day in milliseconds. */
const day = 86_400_000;

/**
 * Makes `Date` jump two days back and forth, all the time, as if somebody set the clock of the
 * machine.
 */
function stepDate(): void {
  let offset = day;
  setInterval(() => {
    offset = -offset;
  }, 20);
  const { now } = Date;
  globalThis.Date = class extends Date {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [now() + offset] : args) as [number]));
    }
    static override now(): number {
      return now() + offset;
    }
  } as DateConstructor;
}

/**
 * Runs a server with short timeouts. Answers GET requests with the time of `Date`. The first argument
 * of the command line says whether `Date` jumps.
 */
export async function runClockServer(
  serve: (options: ServeOptions) => Promise<Server>,
): Promise<void> {
  if (process.argv[2] === "stepped") stepDate();
  const server = await serve({
    heartbeat: { interval: 150, timeout: 2_000 },
    handshakeTimeout: 300,
    closeTimeout: 300,
    messageRate: { perSecond: 20, burst: 5 },
    perClient: { handshakesPerMinute: 1_000 },
    message: (socket, data) => void socket.send(data),
    http: () => ({ status: 200, body: String(Date.now()) }),
  });
  console.log(`listening on ws://127.0.0.1:${server.port}`);
}
