/** Connections that each hold something in the memory of a server, and wait. */
import { once } from "node:events";
import { connect } from "node:net";
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, repeat } from "./frames.ts";

/** What a connection holds. */
export type Held = "nothing" | "head" | "open" | "message" | "unread";

export interface HeldLoadOptions {
  readonly target: { readonly port: number };
  readonly connections: number;
  readonly held: Held;
  /** Length of what is held, in bytes. */
  readonly length: number;
}

const { target, connections, held, length } = runnerOptions<HeldLoadOptions>();
const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
const head =
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** A frame that is not the last of its message. */
function unfinished(): Uint8Array {
  const frame = makeFrame(0x2, makePayload("binary", length), maskingKey);
  frame[0] = 0x02;
  return frame;
}

/** Messages of 1 KiB, which the server echoes. */
const messages = () =>
  repeat(makeFrame(0x2, makePayload("binary", 1_024), maskingKey), length / 1_024);

async function hold(): Promise<void> {
  const socket = connect(target.port, "127.0.0.1");
  socket.on("error", fail);
  await once(socket, "connect");
  if (held === "nothing") return;
  if (held === "head") {
    socket.write(`${head.slice(0, -2)}X-Long: ${"a".repeat(length - head.length)}`);
    return;
  }
  socket.write(head);
  await once(socket, "data");
  if (held === "message") socket.write(unfinished());
  if (held !== "unread") return;
  socket.pause();
  socket.write(messages());
}

async function holdAll(): Promise<void> {
  for (let done = 0; done < connections; done += 64) {
    await Promise.all(Array.from({ length: Math.min(64, connections - done) }, hold));
  }
  // The last bytes are on their way.
  await new Promise((resolve) => setTimeout(resolve, 500));
  serveRunner({ connections });
}

holdAll().catch(fail);
