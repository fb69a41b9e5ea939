import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const runtimes: readonly { name: string; options: readonly string[] }[] = [
  { name: "node", options: [] },
  { name: "deno", options: ["run", "--allow-net", "--allow-read"] },
  { name: "bun", options: [] },
];
const visits = 200;

/** An opening handshake with the key of RFC 6455 section 1.3. */
const request =
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/** A masked Close frame with status code 1001; its masking key is zero. */
const goingAway = Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9);

// A browser whose tab is closed sends a Close frame and abandons its TCP connection at once, with
// unread bytes. The server's answer is then met by a reset.
describe.each(runtimes)(
  "a client that leaves like a closed browser tab, on $name",
  ({ name, options }) => {
    let server: ChildProcess;
    let lines: Interface;

    afterEach(async () => {
      server.kill("SIGKILL");
      await once(server, "close");
    });

    it("is reported as closed by the server", async () => {
      const binary = fileURLToPath(
        new URL(`../../../../node_modules/.bin/${name}`, import.meta.url),
      );
      const script = fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url));
      server = spawn(binary, [...options, script], { stdio: ["ignore", "pipe", "inherit"] });
      lines = createInterface(server.stdout as NodeJS.ReadableStream);
      const [first] = await once(lines, "line");
      const port = Number(/^listening on (\d+)$/.exec(first)?.[1]);

      const closed: string[] = [];
      const all = new Promise<void>((resolve) => {
        lines.on("line", (line) => {
          if (closed.push(line) === visits) resolve();
        });
      });
      for (let visit = 0; visit < visits; visit++) await leave(port);
      await all;
      expect(new Set(closed)).toEqual(new Set(["closed 1001"]));
    });
  },
);

/** Opens a connection, waits for its first bytes, and leaves without reading the rest. */
async function leave(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(request);
  await once(socket, "readable");
  await new Promise<void>((resolve) => socket.write(goingAway, () => resolve()));
  socket.resetAndDestroy();
  await once(socket, "close");
}
