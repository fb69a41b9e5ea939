import { takeNumbered } from "./modes/iterating.ts";
import type { SubjectSocket, Transports } from "./subject-types.ts";

/**
 * Connects to the URL on the command line and reads its messages one by one; see `takeNumbered`.
 * The further arguments are the options as JSON and the number of repetitions.
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
  // Keeps running, so that the test can count what it has left open.
  setInterval(() => {}, 1_000);
}
