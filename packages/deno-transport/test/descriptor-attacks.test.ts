import { connect } from "@framewright/deno-transport";
import { expect, test } from "vitest";

const script = `${import.meta.dirname}/few-descriptors.ts`;
const run = `ulimit -n 60; exec "$0" run -A --no-lock --conditions=@framewright/source ${script}`;

test("accepts again after the process had no descriptor left", { timeout: 60_000 }, async () => {
  const server = new Deno.Command("/bin/sh", {
    args: ["-c", run, Deno.execPath()],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  const exhausted = lines.read();
  const connections = await Promise.all(
    Array.from({ length: 80 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  expect((await exhausted).value).toBe("no descriptor is left\n");
  for (const connection of connections) connection.close();
  const socket = await connect(`ws://127.0.0.1:${port}/`, { handshakeTimeout: 30_000 });
  socket.send("accepted");
  for await (const message of socket) {
    expect(message).toBe("accepted");
    break;
  }
  server.kill();
  await server.status;
  await lines.cancel();
});
