/**
 * A load generator that cannot be the bottleneck: it speaks raw TCP, sends frames that were made
 * beforehand and only counts the bytes that come back.
 *
 * node load.ts URL CONNECTIONS DEPTH SIZE MESSAGES: each connection keeps DEPTH messages of SIZE bytes
 * in flight until MESSAGES have been echoed in all; prints the seconds that took.
 */
import { connect, type Socket } from "node:net";

const [url, ...numbers] = process.argv.slice(2);
const [connections, depth, size, messages] = numbers.map(Number);
const { protocol, port } = new URL(url);
const encoded = protocol === "ws:";

const frame = maskedFrame(size);
const burst = Buffer.concat(Array(depth).fill(frame));
// A WebSocket server's frames are not masked; a TCP server sends back what it got.
const expected = depth * (encoded ? frame.length - 4 : frame.length);
const rounds = Math.ceil(messages / (connections * depth));

function maskedFrame(length: number): Buffer {
  const extended = length < 126 ? [] : length < 65_536 ? [length >>> 8, length & 255] : null;
  const lengthBytes = extended ?? [0, 0, 0, 0, length >>> 24, length >>> 16, length >>> 8, length];
  const length7 = length < 126 ? length : length < 65_536 ? 126 : 127;
  const payload = Array.from({ length }, (_, i) => i * 31);
  return Buffer.from([0x82, 0x80 | length7, ...lengthBytes, 0x37, 0xfa, 0x21, 0x3d, ...payload]);
}

async function open(): Promise<Socket> {
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      if (!encoded) return resolve();
      socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
      socket.once("data", (head) => {
        if (head.toString("latin1").startsWith("HTTP/1.1 101")) resolve();
        else reject(new Error(`no WebSocket: ${head}`));
      });
    });
  });
  return socket;
}

function drive(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = rounds;
    let missing = expected;
    socket.on("error", reject);
    socket.on("data", (bytes) => {
      missing -= bytes.length;
      if (missing > 0) return;
      if (missing < 0) return reject(new Error("more bytes came back than were sent"));
      if (--left === 0) return resolve();
      missing = expected;
      socket.write(burst);
    });
    socket.write(burst);
  });
}

const sockets = await Promise.all(Array.from({ length: connections }, open));
const start = performance.now();
await Promise.all(sockets.map(drive));
console.log((performance.now() - start) / 1_000);
for (const socket of sockets) socket.destroy();
