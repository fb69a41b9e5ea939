import { type PreparedMessage, prepareMessage } from "@framewright/codec";
import { checkInteger } from "../options/option-values.ts";
import { checkMessage, type Socket } from "./socket.ts";

/**
 * Encodes a message once, so that any number of sockets can `send` it without encoding it again.
 *
 * @param data - A string goes as text, bytes as binary. Copied. What is prepared already comes back as it is.
 * @throws TypeError when it is none of these.
 *
 * @example
 * const tick = prepare(JSON.stringify(prices));
 * for (const socket of subscribers) socket.send(tick);
 */
export function prepare(
  data: string | Uint8Array | ArrayBuffer | PreparedMessage,
): PreparedMessage {
  const message = checkMessage(data);
  return typeof message === "string" || message instanceof Uint8Array
    ? prepareMessage(message)
    : message;
}

/** What `broadcast` takes. */
export interface BroadcastOptions {
  /** Who does not get it, such as the one that it came from. */
  readonly except?: Socket<unknown> | { has(socket: never): boolean };
  /** Sockets with more than this many bytes waiting are passed over. Default 1 MiB. */
  readonly maxBufferedAmount?: number;
}

/** What became of a broadcast. */
export interface BroadcastResult {
  /** How many sockets got the message, sent or queued. */
  readonly sent: number;
  /** How many did not, because they do not read fast enough or are closing. */
  readonly dropped: number;
}

/**
 * Sends one message to many sockets, encoding it once. A peer that does not read holds up nobody:
 * past the limit it is passed over, and counted.
 *
 * @param sockets - A room, or `server.clients`.
 * @throws TypeError or RangeError for a bad message or option, before anything is sent.
 *
 * @example
 * const { dropped } = broadcast(room, "hello", { except: sender });
 */
export function broadcast<Data>(
  sockets: Iterable<Socket<Data>>,
  data: string | Uint8Array | ArrayBuffer | PreparedMessage,
  options: BroadcastOptions = {},
): BroadcastResult {
  const { except, maxBufferedAmount = 1_048_576 } = options;
  checkInteger("maxBufferedAmount", maxBufferedAmount, 0, Number.MAX_SAFE_INTEGER);
  const message = prepare(data);
  let sent = 0;
  let dropped = 0;
  for (const socket of sockets) {
    if (except === socket) continue;
    if (except !== undefined && "has" in except && except.has(socket as never)) continue;
    if (socket.offer(message, maxBufferedAmount)) sent++;
    else dropped++;
  }
  return { sent, dropped };
}
