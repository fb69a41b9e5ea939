import { connect, type Socket } from "node:net";
import { upgradeTo } from "../src/attack/attacked-server.ts";
import { type FrameFields, FrameWriter, opcodes } from "../src/frame-bytes.ts";
import type { Link, LinkEvents, OpenLink } from "./client.ts";
import { FrameParser } from "./frame-parser.ts";
import type { Plan } from "./lines.ts";
import type { Message } from "./messages.ts";

/** Milliseconds after which a client that vanished releases its descriptor. */
const vanishTime = 30_000;

const writer = new FrameWriter("client");
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A client over plain TCP. It fragments its messages and sends Pings between the fragments. */
class RawLink implements Link {
  private readonly socket: Socket;
  private readonly events: LinkEvents;
  private readonly fragments: number;
  private readonly parser: FrameParser;
  private statusCode = 1_006;
  private isSilent = false;

  constructor(socket: Socket, random: number, events: LinkEvents) {
    this.socket = socket;
    this.events = events;
    this.fragments = 1 + (random & 3);
    this.parser = new FrameParser((opcode, payload) => this.take(opcode, payload));
    socket.on("data", (bytes) => {
      if (!this.isSilent) this.parser.push(bytes);
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => events.closed(this.statusCode));
  }

  send(message: Message): void {
    const isText = typeof message === "string";
    const payload = isText ? encoder.encode(message) : message;
    const size = Math.ceil(payload.length / this.fragments);
    for (let index = 0; index < this.fragments; index++) {
      const isFirst = index === 0;
      this.write({
        opcode: isFirst ? (isText ? opcodes.text : opcodes.binary) : opcodes.continuation,
        fin: index === this.fragments - 1,
        payload: payload.subarray(index * size, (index + 1) * size),
      });
      if (isFirst && this.fragments === 3) this.write({ opcode: opcodes.ping });
    }
  }

  end(plan: Plan): void {
    if (plan === "close") this.socket.write(writer.close(1_000));
    if (plan === "reset") this.socket.resetAndDestroy();
    if (plan === "vanish") this.vanish();
  }

  /** Half of those that vanish do not even empty their receive buffer. */
  private vanish(): void {
    this.isSilent = true;
    if (this.fragments > 2) return;
    this.socket.pause();
    setTimeout(() => this.socket.destroy(), vanishTime);
  }

  private take(opcode: number, payload: Uint8Array): void {
    if (opcode === opcodes.text) this.events.message(decoder.decode(payload));
    else if (opcode === opcodes.binary) this.events.message(payload);
    else if (opcode === opcodes.ping) this.write({ opcode: opcodes.pong, payload });
    else if (opcode === opcodes.close) this.takeClose(payload);
  }

  private takeClose(payload: Uint8Array): void {
    this.statusCode = payload.length < 2 ? 1_005 : payload[0] * 256 + payload[1];
    this.write({ opcode: opcodes.close, payload });
  }

  private write(frame: FrameFields): void {
    if (this.socket.writable) this.socket.write(writer.frame(frame));
  }
}

/** Opens connections over plain TCP. */
export const openRawLink: OpenLink = async (url, random, events) => {
  const { port, searchParams } = new URL(url);
  const { socket, rest } = await requestWebSocket(Number(port), Object.fromEntries(searchParams));
  const link = new RawLink(socket, random, events);
  if (rest.length > 0) socket.unshift(rest);
  socket.resume();
  return link;
};

/**
 * Does the opening handshake over plain TCP.
 *
 * @param localAddress - An address of the loopback network.
 * @returns The paused socket, and what followed the response.
 */
export async function requestWebSocket(
  port: number,
  query: Readonly<Record<string, string>>,
  localAddress = "127.0.0.1",
): Promise<{ socket: Socket; rest: Buffer }> {
  const socket = connect({ host: "127.0.0.1", port, localAddress, allowHalfOpen: true });
  socket.setNoDelay(true);
  socket.write(upgradeTo(query));
  return { socket, rest: await afterHead(socket) };
}

/** Reads the response's head and returns what follows it. */
function afterHead(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", take);
      socket.off("error", reject);
      socket.off("close", failed);
      socket.pause();
      const head = received.toString("latin1", 0, end);
      if (head.startsWith("HTTP/1.1 101 ")) resolve(received.subarray(end + 4));
      else reject(new Error(head));
    };
    const failed = () => reject(new Error("closed during the opening handshake"));
    socket.on("data", take).on("error", reject).on("close", failed);
  });
}
