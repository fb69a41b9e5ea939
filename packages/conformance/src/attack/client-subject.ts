import type { Transports } from "./subject.ts";

/** What the client prints when its connection is over. */
export interface ClientResult {
  /** What was wrong with the messages. */
  readonly wrong: string[];
  readonly count: number;
}

/** Connects to the URL on the command line, and takes its messages one by one; see `takeNumbered`. */
export async function runClient({ connect }: Pick<Transports, "connect">): Promise<void> {
  const [url, json = "{}"] = process.argv.slice(3);
  try {
    const socket = await connect(url, JSON.parse(json));
    const { takeNumbered } = await import("./modes/iterating.ts");
    console.log(JSON.stringify(await takeNumbered(socket)));
    socket.close(1000);
  } catch (error) {
    console.log(JSON.stringify({ error: (error as { code?: string }).code ?? String(error) }));
  }
}
