import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  clientPreface,
  flags,
  headerBlock,
  http2Frame,
  settingsFrame,
  frameTypes as types,
} from "../../../websocket/test/http2-frames.ts";
import type { Scene } from "../instrument/scene.ts";

/** The id of a client's stream. */
export const streamId = (index: number) => 2 * index + 1;

/** The header block of an opening handshake (RFC 8441 section 4). */
export const connectBlock = (query = "") =>
  headerBlock({
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "https",
    ":path": `/${query}`,
    ":authority": "localhost",
    "sec-websocket-version": "13",
  });

/** Returns HEADERS that ask for a WebSocket. */
export const openingFrame = (id: number, block: Uint8Array = connectBlock()) =>
  http2Frame(types.headers, flags.endHeaders, id, block);

/** Joins as many frames. */
export const many = (count: number, frame: (index: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => frame(index)));

/** A connection of HTTP/2 that reads nothing until it is told to, and writes any bytes. */
export class RawSession {
  readonly tls: TLSSocket;

  private constructor(tls: TLSSocket) {
    this.tls = tls;
  }

  static async open(
    { port, certificates }: Scene,
    settings: Parameters<typeof settingsFrame>[0] = {},
  ): Promise<RawSession> {
    const tcp = connect(port, "127.0.0.1");
    const tls = connectTls({ socket: tcp, ca: certificates.ca, ALPNProtocols: ["h2"] });
    for (const socket of [tcp, tls]) socket.on("error", () => {});
    await once(tls, "secureConnect");
    tls.pause();
    tls.write(Buffer.concat([Buffer.from(clientPreface), settingsFrame(settings)]));
    return new RawSession(tls);
  }

  /** Whether the server has ended it, as far as writing shows. */
  get isOver(): boolean {
    return this.tls.destroyed || !this.tls.writable;
  }

  /** Writes, and waits until the operating system has taken most of it. */
  async write(bytes: Uint8Array): Promise<void> {
    const { tls } = this;
    if (this.isOver) return;
    if (tls.write(bytes)) return new Promise((resolve) => setImmediate(resolve));
    // A server that reads no more has stopped the attack.
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(1_000)]);
    const any = ["drain", "close", "error"].map((event) => once(tls, event, { signal }));
    await Promise.race(any).catch(() => {});
    over.abort();
    for (const one of any) one.catch(() => {});
  }

  /** Reads and drops everything that comes. */
  drop(): void {
    this.tls.on("data", () => {}).resume();
  }

  /** Leaves with a reset of TCP, if it stands. */
  async leave(): Promise<void> {
    if (this.tls.closed) return;
    const closed = once(this.tls, "close");
    this.tls.destroy();
    await closed;
  }
}
