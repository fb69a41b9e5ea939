import { goawayFrame, headersFrame, settingsFrame } from "../http2-frames.ts";
import type { HostileConnection } from "./server.ts";

/** What a server of HTTP/2 does to a client, and how the client's `connect` ends. */
export interface HostileAct {
  readonly name: string;
  readonly serve: (connection: HostileConnection, number: number) => unknown;
  /** Codes of `HandshakeError`, or "open". Runtimes differ in what they notice. */
  readonly outcome: readonly string[];
  /** Status code of the socket, if it opens. Default 1006. */
  readonly closes?: readonly number[];
  /** The runtime whose `node:http2` crashes: Node 24.21 at times, or Deno 2.9.5. */
  readonly crashes?: "node" | "deno";
}

export const timeout = ["WS_ERR_HANDSHAKE_TIMEOUT"];
export const incomplete = ["WS_ERR_HANDSHAKE_INCOMPLETE"];
export const lost = [...incomplete, "WS_ERR_CONNECT_FAILED"];
/** The client went on with HTTP/1.1, and got frames again. */
export const notHttp = ["WS_ERR_INVALID_HTTP"];
export const announces = settingsFrame({ enableConnectProtocol: 1 });
export const pushed = {
  ":method": "GET",
  ":scheme": "http",
  ":path": "/",
  ":authority": "127.0.0.1",
};
export const bytes = (length: number) => new Uint8Array(length);

/** Announces extended CONNECT and answers the first stream with these frames. */
export function answers(...frames: ((stream: number) => Uint8Array)[]): HostileAct["serve"] {
  return async (connection) => {
    connection.write(announces);
    const stream = await connection.stream();
    connection.write(...frames.map((frame) => frame(stream)));
  };
}

/** Announces extended CONNECT and floods the first stream, after some other frames. */
export function floods(
  frames: (stream: number) => Uint8Array,
  ...first: ((stream: number) => Uint8Array)[]
): HostileAct["serve"] {
  return async (connection) => {
    connection.write(announces);
    const stream = await connection.stream();
    connection.write(...first.map((frame) => frame(stream)));
    await connection.flood(() => frames(stream));
  };
}

export const status =
  (value: string, more: Record<string, string> = {}) =>
  (stream: number) =>
    headersFrame(stream, { ":status": value, ...more });
export const many = (frame: Uint8Array, count = 500) => Buffer.concat(Array(count).fill(frame));
export const goaway = (code: number) => () => goawayFrame(1, code);

/** Returns the acts that do not crash a runtime. */
export function survivable(acts: readonly HostileAct[], runtime: string): HostileAct[] {
  return acts.filter(({ crashes }) => crashes !== runtime.toLowerCase());
}
