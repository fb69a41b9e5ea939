/** The two processes of the soak with idle connections: the server, and its clients over plain TCP. */
import type { Socket } from "node:net";
import { memoryInUse } from "../src/attack/memory-in-use.ts";
import { FrameWriter, opcodes } from "../src/frame-bytes.ts";
import { FrameParser } from "./frame-parser.ts";
import { answerRequests, fault, print } from "./lines.ts";
import { requestWebSocket } from "./raw-link.ts";
import type { Peer, Serve } from "./server.ts";

/** Connections that are opened at the same time. */
const wave = 100;
/** Loopback addresses of the clients: one has fewer ports than are needed for all runs. */
const addresses = 8;

/** Runs a server with default options that broadcasts when it is asked to. */
export async function runIdleServer(serve: Serve): Promise<void> {
  const server = await serve({ accept: () => ({}) as Peer });
  let number = 0;
  answerRequests(({ do: what }) => {
    if (what === "memory") return memoryInUse();
    if (what === "broadcast") return server.broadcast(broadcastOf(number++)).sent;
    if (what === "stats") return server.stats();
    if (what === "close") return server.close();
    throw new Error(`what is ${what}?`);
  });
  print({ ready: server.port });
}

/** Runs the clients, which answer Pings and count broadcasts. */
export function runIdleClients(port: number): void {
  const sockets: Socket[] = [];
  let received = 0;
  const open = async (index: number) => {
    const { socket, rest } = await requestWebSocket(port, {}, `127.0.0.${1 + (index % addresses)}`);
    sockets.push(socket);
    watch(socket, () => received++);
    if (rest.length > 0) socket.unshift(rest);
    socket.resume();
  };
  answerRequests(async ({ do: what, count = 0 }) => {
    if (what === "received") return received;
    if (what === "end") for (const socket of sockets) socket.end();
    while (what === "open" && sockets.length < count) {
      const size = Math.min(wave, count - sockets.length);
      await Promise.all(Array.from({ length: size }, (_, index) => open(index)));
    }
    return null;
  });
  print({ ready: 0 });
}

/** Checks what one client gets: every broadcast from the first one on, in order. */
function watch(socket: Socket, count: () => void): void {
  const writer = new FrameWriter("client");
  let next: number | undefined;
  const parser = new FrameParser((opcode, payload) => {
    if (opcode === opcodes.ping && socket.writable) socket.write(writer.pong(payload));
    if (opcode !== opcodes.text) return;
    const text = Buffer.from(payload).toString("latin1");
    next ??= Number.parseInt(text, 10);
    if (text !== broadcastOf(next++)) fault(`a client got ${text} for ${next - 1}`);
    count();
  });
  socket.on("data", (bytes) => parser.push(bytes));
  socket.on("error", (error) => fault(`a connection failed: ${error.message}`));
  socket.on("end", () => socket.end());
}

/** 64 bytes that start with the number. */
function broadcastOf(number: number): string {
  return `${number} `.padEnd(64, "to all connections of this server ");
}
