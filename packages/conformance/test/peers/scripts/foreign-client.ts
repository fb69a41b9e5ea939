import process from "node:process";
import type { CompressionOptions, ConnectOptions, Socket } from "@framewright/websocket";

const choices: Record<string, true | CompressionOptions> = {
  default: true,
  takeover: { contextTakeover: true },
  strict: { strict: true },
};
const text = "the same words again and again, ".repeat(100);

/**
 * Lets a server echo three messages and prints the result. The arguments are its URL and a choice
 * of options.
 */
export async function runForeignClient(
  connect: (url: string, options: ConnectOptions) => Promise<Socket>,
): Promise<void> {
  const [url, choice] = process.argv.slice(2);
  try {
    const socket = await connect(url, { compression: choices[choice] ?? false });
    let echoes = 0;
    socket.send(text);
    for await (const message of socket) {
      if (message !== text) throw new Error("the echo differs");
      if (++echoes === 3) break;
      socket.send(text);
    }
    console.log(`${echoes} echoes, ${socket.extensions}`);
    socket.close(1000);
    await socket.closed;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    console.log(`${code} ${message}`);
  }
}
