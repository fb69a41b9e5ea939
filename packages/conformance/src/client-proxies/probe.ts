import process from "node:process";
import type { ConnectOptions, HandshakeError, Socket } from "@framewright/websocket";

/** A connection to try. */
export interface Attempt {
  readonly url: string;
  readonly options: ConnectOptions;
}

/** What came of it. */
export type Outcome =
  | { readonly echoed: readonly number[]; readonly end: string }
  | { readonly code: string; readonly status: number; readonly step?: string | undefined };

const lengths = [0, 5, 200_000];

/**
 * Tries the connections in the JSON array on the command line, one after another: sends messages,
 * waits for their echoes and closes. Prints a line of JSON for each.
 */
export async function probe(
  connect: (url: string, options: ConnectOptions) => Promise<Socket>,
): Promise<void> {
  const attempts: Attempt[] = JSON.parse(process.argv[2]);
  for (const attempt of attempts) console.log(JSON.stringify(await run(connect, attempt)));
}

async function run(
  connect: (url: string, options: ConnectOptions) => Promise<Socket>,
  { url, options }: Attempt,
): Promise<Outcome> {
  try {
    const socket = await connect(url, options);
    for (const length of lengths) socket.send("x".repeat(length));
    const echoed: number[] = [];
    for await (const { length } of socket) {
      echoed.push(length);
      if (echoed.length === lengths.length) socket.close(4001, "done");
    }
    const { statusCode, reason, wasClean } = await socket.closed;
    return { echoed, end: `${statusCode} ${reason} ${wasClean}` };
  } catch (error) {
    const { code, status, step } = error as HandshakeError;
    return { code, status, step };
  }
}
