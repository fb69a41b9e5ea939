/**
 * Exchanges messages over a real connection, and prints which undocumented members of the runtime the
 * library has used for it, as JSON. They are wrapped before the library is loaded.
 */
import { Buffer } from "node:buffer";
import net from "node:net";
import type { serve as Serve } from "@framewright/node-transport";

const used = new Set<string>();

/** Replaces a method by one that notes its calls by the library. */
function watch(object: Record<string, unknown>, name: string): void {
  const original = object[name];
  if (typeof original !== "function") return;
  object[name] = function (this: unknown, ...args: unknown[]) {
    // Above it are the line of the error and this function. Node's own sockets call some of them too.
    const caller = String(new Error().stack).split("\n")[2] ?? "";
    if (/packages\/[a-z]+(-transport)?\/src\//.test(caller)) used.add(name);
    return original.apply(this, args);
  };
}

/** The prototype with the methods of the handle of a socket that a server has accepted. */
async function handlePrototype(): Promise<Record<string, unknown>> {
  const server = net.createServer();
  const accepted = new Promise<net.Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const socket = (await accepted) as net.Socket & { _handle?: object };
  let prototype = Object.getPrototypeOf(socket._handle ?? {});
  while (prototype !== null && !Object.hasOwn(prototype, "useUserBuffer"))
    prototype = Object.getPrototypeOf(prototype);
  client.destroy();
  socket.destroy();
  server.close();
  return prototype ?? {};
}

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
for (const name of ["latin1Slice", "utf8Slice", "utf8Write"])
  watch(Buffer.prototype as unknown as Record<string, unknown>, name);
if (runtime !== "bun") {
  const prototype = await handlePrototype();
  watch(prototype, "useUserBuffer");
  watch(prototype, "writeBuffer");
}

const { serve, connect } = (await import(`@framewright/${runtime}-transport`)) as {
  serve: typeof Serve;
  connect: typeof import("@framewright/node-transport").connect;
};

const messages = ["short", "é".repeat(500), "a".repeat(5_000), Uint8Array.of(1, 2, 3)];
const server = await serve({
  port: 0,
  hostname: "127.0.0.1",
  message: (socket, data) => void socket.send(data),
});
const echoed: (string | Uint8Array)[] = [];
const socket = await connect(`ws://127.0.0.1:${server.port}/`);
for (const message of messages) socket.send(message);
for await (const message of socket) if (echoed.push(message) === messages.length) break;
const compression = await serve({ port: 0, hostname: "127.0.0.1", compression: true }).then(
  async (compressing) => {
    await compressing.close();
    return "available";
  },
  (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
);
await server.close();
const isEchoed = JSON.stringify(echoed) === JSON.stringify(messages);
console.log(JSON.stringify({ used: [...used].sort(), isEchoed, compression }));
