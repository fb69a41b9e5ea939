/**
 * Sends one message of 1 GiB, or as many MiB as the first argument says, through an echo that
 * streams, and prints the most memory that the process took in the first quarter and later.
 *
 * node --conditions=@framewright/source benchmarks/stream-memory.ts node 1024
 */
import process from "node:process";

const [name = "node", mebibytes = "1024", compressed] = process.argv.slice(2);
const { serve, connect } = await import(`@framewright/${name}-transport`);
const total = Number(mebibytes) * 1_048_576;
const chunk = new Uint8Array(65_536).map((_, index) => (index * 31) % 251);
const options = {
  streamFrom: 65_536,
  maxMessageSize: 2 ** 32,
  compression: compressed === "deflate",
};

interface Streaming {
  sendStream(source: unknown, options?: object): Promise<string>;
}

const server = await serve({
  ...options,
  messageStream: (socket: Streaming, stream: unknown) => socket.sendStream(stream),
});

let received = 0;
let before = 0;
let most = 0;
const echoed = new Promise<void>((resolve, reject) => {
  const messageStream = async (_socket: unknown, stream: AsyncIterable<Uint8Array>) => {
    let next = 1_048_576;
    for await (const part of stream) {
      received += part.length;
      if (received < next) continue;
      next += 1_048_576;
      const { rss } = process.memoryUsage();
      // A quarter of the message shows how far the garbage of its chunks piles up.
      if (received < total / 4) before = Math.max(before, rss);
      else most = Math.max(most, rss);
    }
    resolve();
  };
  connect(`ws://127.0.0.1:${server.port}/`, {
    ...options,
    messageStream: (socket: unknown, stream: AsyncIterable<Uint8Array>) =>
      messageStream(socket, stream).catch(reject),
  }).then((socket: Streaming) => socket.sendStream(chunks()), reject);
});

function* chunks() {
  for (let sent = 0; sent < total; sent += chunk.length) yield chunk;
}

const start = performance.now();
await echoed;
const seconds = (performance.now() - start) / 1_000;
const mib = (bytes: number) => (bytes / 1_048_576).toFixed(1);
console.log(
  `${name}: ${mib(received)} MiB in ${seconds.toFixed(1)} s, RSS at most ${mib(before)} MiB in the first quarter, ${mib(most)} MiB later`,
);
process.exit(received === total ? 0 : 1);
