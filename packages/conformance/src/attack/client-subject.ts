import { takeNumbered } from "./modes/iterating.ts";
import type { SubjectSocket, Transports } from "./subject.ts";

/** What the client prints of a connection that was opened. */
export interface ClientResult {
  /** What was wrong with the messages. */
  readonly wrong: string[];
  readonly count: number;
}

/**
 * Connects to the URL on the command line, and takes its messages one by one; see `takeNumbered`. After the URL
 * come the options as JSON, and how often to do so.
 */
export async function runClient({ connect }: Pick<Transports, "connect">): Promise<void> {
  const [url, json = "{}", times = "1"] = process.argv.slice(3);
  for (let count = 0; count < Number(times); count++) {
    let socket: SubjectSocket | undefined;
    try {
      socket = await connect(url, JSON.parse(json));
      console.log(JSON.stringify(await takeNumbered(socket)));
    } catch (error) {
      console.log(JSON.stringify({ error: (error as { code?: string }).code ?? String(error) }));
    }
    socket?.close(1000);
  }
  // Stays, so that what it has left open can be counted.
  setInterval(() => {}, 1_000);
}
