import { setTimeout as delay } from "node:timers/promises";
import type { Server } from "@framewright/websocket";

/** In milliseconds. */
export interface ClosingTimes {
  /** From SIGTERM until no more connections are accepted. */
  readonly readinessDelay: number;
  /** Over which the clients are sent away. */
  readonly spreadOver: number;
  /** For which the last of them are waited for. */
  readonly timeout: number;
}

/** Closes a server on SIGTERM and prints how its connections ended. The process ends by itself. */
export function closeOnSigterm(
  server: Pick<Server, "close">,
  { readinessDelay, spreadOver, timeout }: ClosingTimes,
  failHealthCheck: () => void,
): void {
  process.once("SIGTERM", async () => {
    // Connections are still accepted, until the proxy has noticed and sends no new ones.
    failHealthCheck();
    await delay(readinessDelay);
    const result = await server.close({ spreadOver, timeout });
    console.log(JSON.stringify(result));
    // Nothing is left that keeps the process alive, so it ends with 0.
  });
}
