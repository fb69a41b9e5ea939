import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";

/** What the example exports. */
interface Example {
  serveEcho(stream: ByteStream): Promise<void>;
  echo(stream: ByteStream, url: string, message: Message): Promise<Message>;
}
interface ByteStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
type Message = string | Uint8Array;

let example: Example;

beforeAll(async () => {
  const readme = readFileSync(repositoryPath("packages/codec/README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  expect(blocks.length).toBe(4);
  const folder = repositoryPath("packages/conformance/.artifacts/codec-readme");
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/example.ts`, blocks.slice(0, 3).join("\n"));
  writeFileSync(`${folder}/single-frames.ts`, blocks[3]);
  example = await import(`${folder}/example.ts`);
});

test("the example of single frames prints what its comment says", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue();
  try {
    await import(repositoryPath("packages/conformance/.artifacts/codec-readme/single-frames.ts"));
    expect(log.mock.calls).toEqual([[1, "Hello"]]);
  } finally {
    log.mockRestore();
  }
});

/** Splits what passes through into pieces. */
function pieces(length: number) {
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += length) {
        controller.enqueue(chunk.slice(at, at + length));
      }
    },
  });
}

function pipes(length: number): [ByteStream, ByteStream] {
  const [there, back] = [pieces(length), pieces(length)];
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

test.each([1, 7, 1_000_000])("echoes over pipes, in pieces of up to %i bytes", async (length) => {
  for (const message of ["hello", "", "\u20ac".repeat(50_000), new Uint8Array(300_000).fill(7)]) {
    if (message.length > 1_000 && length === 1) continue;
    const [client, server] = pipes(length);
    const [reply] = await Promise.all([
      example.echo(client, "ws://localhost/", message),
      example.serveEcho(server),
    ]);
    expect(reply).toEqual(message);
  }
});

function streamsOf(socket: Socket): ByteStream {
  return {
    readable: new ReadableStream({
      start(controller) {
        socket.on("data", (chunk) => controller.enqueue(new Uint8Array(chunk as Buffer)));
        socket.on("end", () => controller.close());
        socket.on("error", (error) => controller.error(error));
      },
    }),
    writable: new WritableStream({
      write: (chunk) => new Promise((resolve) => socket.write(chunk, () => resolve())),
      close: () => void socket.end(),
    }),
  };
}

const tcpServer = createServer({ allowHalfOpen: true }, (socket) => {
  example.serveEcho(streamsOf(socket)).then(undefined, () => socket.destroy());
});
afterAll(() => void tcpServer.close());

test("echoes over TCP, and a peer that is no WebSocket client gets an HTTP response", async () => {
  await new Promise<void>((resolve) => tcpServer.listen(0, "127.0.0.1", resolve));
  const { port } = tcpServer.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  expect(await example.echo(streamsOf(socket), `ws://127.0.0.1:${port}/`, "over TCP")).toBe(
    "over TCP",
  );
  socket.end();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(response.status).toBe(426);
  expect(await response.text()).toContain("WebSocket");
});
