import { Worker } from "node:worker_threads";
import { prepare, type Socket } from "@framewright/websocket";
import type { Query, SubjectSocket, Transports } from "../../../src/attack/subject-types.ts";

/** Lengths around those at which the library changes how it sends. */
const lengths = [0, 1, 16, 17, 125, 126, 1_000, 4_097, 65_535, 65_536, 65_537, 300_000];
const longest = 1_048_576;

/** Sends memory that another thread changes, on a server's socket and on a client's. */
export async function sendChangingMemory(
  socket: SubjectSocket,
  port: number,
  connect: Transports["connect"],
): Promise<string[]> {
  const rounds = Number(socket.data.get("rounds"));
  const words = new SharedArrayBuffer(8);
  const flags = new Int32Array(words);
  flags[0] = 1;
  const shared = new SharedArrayBuffer(longest);
  // From 1 byte on, because a thread may make the memory longer only by what it has room for.
  const growing = Array.from(
    { length: 64 },
    () => new SharedArrayBuffer(1, { maxByteLength: 100_000 }),
  );
  const worker = new Worker(new URL("./changing-thread.ts", import.meta.url), {
    execArgv: [],
  });
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  worker.postMessage({ shared, growing, words });
  const client = await connect(`ws://127.0.0.1:${port}/?sink`, { data: new URLSearchParams() });
  const sending = (async () => {
    while (Atomics.load(flags, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const sent = await sendAll(socket, shared, growing, rounds);
    const returned = await echoes(client, shared, growing, rounds);
    socket.send(JSON.stringify({ sent }));
    return returned;
  })();
  try {
    return await Promise.race([sending, failed]);
  } finally {
    flags[0] = 0;
    client.terminate();
    await worker.terminate();
  }
}

type Memory = readonly [shared: SharedArrayBuffer, growing: readonly SharedArrayBuffer[]];

/** Sends every length from shared memory, and arrays that get longer. Returns how many messages. */
async function sendAll(socket: Socket<Query>, ...[shared, growing, rounds]: [...Memory, number]) {
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    for (const length of lengths) {
      const bytes = new Uint8Array(shared, round % 64, length);
      for (const message of [bytes, prepare(bytes)])
        sent += socket.send(message) === "dropped" ? 0 : 1;
    }
    for (const buffer of growing) {
      const bytes = new Uint8Array(buffer);
      for (const message of [bytes, bytes, prepare(bytes)]) {
        sent += socket.send(message) === "dropped" ? 0 : 1;
      }
      if (bytes.length <= 100) socket.ping(bytes);
    }
    await socket.drained;
  }
  return sent;
}

/** Sends the same on a client, whose frames are masked, and counts the echoes of the server. */
async function echoes(client: Socket<Query>, ...memory: [...Memory, number]): Promise<string[]> {
  const reading = countUntilText(client);
  const sent = await sendAll(client, ...memory);
  client.send("the end");
  const received = await reading;
  return received === sent ? [] : [`${received} echoes of ${sent} messages of a client`];
}

async function countUntilText(client: Socket<Query>): Promise<number> {
  let count = 0;
  for await (const message of client) {
    if (typeof message === "string") return count;
    count++;
  }
  return -1;
}
