/**
 * One client that does one thing as fast as it can, without doing it well: handshakes that are
 * refused or reset, and floods of frames over one connection.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { deflateRawSync, constants as zlib } from "node:zlib";
import { runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, repeat } from "./frames.ts";
import { Round } from "./round.ts";

/** Frames of a flood, in units. */
export type Flood = "message" | "ping" | "pong" | "fragment" | "compressed message";
/** What a connection does. */
export type Visit = "accepted" | "refused" | "reset";

export interface CostLoadOptions {
  readonly target: { readonly port: number };
  readonly flood?: Flood;
  readonly visit?: Visit;
}

const { target, flood, visit } = runnerOptions<CostLoadOptions>();
const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
const round = new Round();
/** Connections in progress at a time. */
const concurrency = 32;

const request = (...lines: readonly string[]) =>
  ["GET / HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", ...lines]
    .concat("Sec-WebSocket-Version: 13", "", "")
    .join("\r\n");
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

async function dial(): Promise<Socket> {
  const socket = connect(target.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Opens a connection and leaves it, and waits until both directions have ended. */
async function visitOnce(): Promise<void> {
  const startedAt = performance.now();
  const socket = await dial();
  const closed = once(socket, "close");
  if (visit === "reset") {
    socket.resetAndDestroy();
  } else if (visit === "refused") {
    socket.on("data", () => {});
    socket.write(request());
  } else {
    socket.write(request(key));
    await once(socket, "data");
    socket.end();
    socket.resume();
  }
  await closed;
  round.answered(startedAt);
}

async function runVisits(total: number) {
  let left = total;
  const worker = async () => {
    while (left-- > 0) await visitOnce();
  };
  round.start();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const bytes = visit === "reset" ? 0 : request(...(visit === "accepted" ? [key] : [])).length;
  return { ...round.finish(total), bytes };
}

const oneByte = makePayload("text", 1);
const fragment = makeFrame(0x0, oneByte, maskingKey);
fragment[0] = 0x00;

function compressed(): Uint8Array {
  const content = deflateRawSync(oneByte, { finishFlush: zlib.Z_SYNC_FLUSH });
  const frame = makeFrame(0x1, content.subarray(0, -4), maskingKey);
  frame[0] |= 0x40;
  return frame;
}

const frames: Record<Flood, () => Uint8Array> = {
  message: () => makeFrame(0x1, oneByte, maskingKey),
  ping: () => makeFrame(0x9, oneByte, maskingKey),
  pong: () => makeFrame(0xa, oneByte, maskingKey),
  fragment: () => fragment,
  "compressed message": compressed,
};
/** Units in one write. */
const inWrite = 4_096;
const marker = "the end of a round";

/** Floods one connection. The Pong of a marked Ping shows that everything before it was read. */
async function startFlood(kind: Flood) {
  const socket = await dial();
  const extensions = kind === "compressed message" ? ["permessage-deflate"] : [];
  socket.write(request(key, ...extensions.map((name) => `Sec-WebSocket-Extensions: ${name}`)));
  await once(socket, "data");
  let received = "";
  let seen = () => {};
  socket.on("data", (bytes: Buffer) => {
    received = (received + bytes.toString("latin1")).slice(-200);
    if (received.endsWith(marker)) seen();
  });
  const frame = frames[kind]();
  const many = repeat(frame, inWrite);
  const mark = makeFrame(0x9, new TextEncoder().encode(marker), maskingKey);
  const start = makeFrame(0x1, oneByte, maskingKey);
  start[0] = 0x01;
  const end = makeFrame(0x0, oneByte, maskingKey);
  const run = async (units: number) => {
    const writes = Math.ceil(units / inWrite);
    round.start();
    const startedAt = performance.now();
    const marked = new Promise<void>((resolve) => {
      seen = resolve;
    });
    for (let write = 0; write < writes; write++) {
      // A message of more than 64 writes would reach the limit of fragments.
      if (kind === "fragment" && write % 64 === 0) socket.write(start);
      if (!socket.write(many)) await once(socket, "drain");
      if (kind === "fragment" && (write % 64 === 63 || write === writes - 1)) socket.write(end);
    }
    received = "";
    socket.write(mark);
    await marked;
    round.answered(startedAt);
    return { ...round.finish(writes * inWrite), bytes: frame.length };
  };
  serveRunner({}, ({ units }) => run(Number(units)));
}

if (flood === undefined) serveRunner({}, ({ units }) => runVisits(Number(units)));
else await startFlood(flood);
