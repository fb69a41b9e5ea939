import process from "node:process";
import type { Reconnecting, ReconnectingOptions } from "@framewright/websocket";

/** The function of the transport package under test. */
type Reconnect = (url: string, options: ReconnectingOptions) => Reconnecting;

/** What the clients have seen when all are back. */
export interface HerdFigures {
  /** When each client was connected again, as of `Date.now()`, in their order. */
  readonly arrivals: readonly number[];
  /** Number of clients that have given up. */
  readonly closed: number;
  /** How often a client got its echo again that it had got before. */
  readonly repeated: number;
  /** Number of messages that were sent while there was no connection, and of their echoes. */
  readonly queued: number;
  readonly echoes: number;
}

/**
 * Connects clients to an echo server, prints "open" when all are connected, and their figures when
 * all of them have lost their connection and are back. Then it closes them, and the process ends if
 * nothing of them is left.
 *
 * Each client connects to an address of its own, as from a machine of its own: the clients of one
 * process do not try the same host at the same time (RFC 6455 section 4.1).
 *
 * Arguments: the port, the number of clients, and the options of `reconnecting` in JSON.
 */
export async function runHerd(reconnecting: Reconnect): Promise<void> {
  const [port, countText, optionsText] = process.argv.slice(2);
  const count = Number(countText);
  const arrivals: number[] = [];
  const seen = new Set<string>();
  let closed = 0;
  let repeated = 0;
  let queued = 0;
  const clients = Array.from({ length: count }, (_, index) => {
    let isLost = false;
    const client = reconnecting(`ws://127.1.${index >> 8}.${index & 255}:${port}/`, {
      ...JSON.parse(optionsText),
      queue: { maxTime: 600_000 },
      onChange({ state }) {
        if (state === "waiting" && !isLost && seen.has(`first ${index}`)) {
          isLost = true;
          if (client.send(`queued ${index}`) === "queued") queued++;
        }
        if (state === "open" && isLost) arrivals.push(Date.now());
        if (state === "closed") closed++;
      },
      message(_socket, data) {
        if (seen.has(`${data}`)) repeated++;
        seen.add(`${data}`);
      },
    });
    client.send(`first ${index}`);
    return client;
  });
  await until(() => seen.size === count);
  console.log("open");
  await until(() => (arrivals.length === count && seen.size === 2 * count) || closed > 0);
  const echoes = seen.size - count;
  const figures: HerdFigures = { arrivals, closed, repeated, queued, echoes };
  console.log(JSON.stringify(figures));
  for (const client of clients) client.close(1000);
  await Promise.all(clients.map((client) => client.closed));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
