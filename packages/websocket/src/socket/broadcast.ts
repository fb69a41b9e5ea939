import { type PreparedMessage, prepareMessage } from "@framewright/codec";
import {
  checkInteger,
  checkOptionNames,
  checkOptions,
  type OptionNames,
  optionError,
} from "../options/option-values.ts";
import { checkMessage } from "./check-message.ts";
import type { Preparable, Socket } from "./socket-types.ts";

/**
 * Encodes a message once, so that any number of sockets can `send` it without encoding it again.
 *
 * @param data - A string is sent as text, bytes as binary. Copied. A prepared message is returned
 *   unchanged. No `Blob`, because all sockets get the same bytes at once: await its bytes first.
 * @throws TypeError if `data` has another type.
 *
 * @example
 * const tick = prepare(JSON.stringify(prices));
 * for (const socket of subscribers) socket.send(tick);
 */
export function prepare(data: Preparable): PreparedMessage {
  const message = checkMessage(data);
  return typeof message === "string" || message instanceof Uint8Array
    ? prepareMessage(message)
    : message;
}

/** Options of `broadcast`. */
export interface BroadcastOptions {
  /** A socket, or a set or array of sockets, to leave out, such as the sender. Default: none. */
  readonly except?:
    | Socket<unknown>
    | { has(socket: never): boolean }
    | readonly Socket<unknown>[]
    | undefined;
  /**
   * Sockets with more than this many buffered bytes are skipped, for messages that a slow peer may
   * miss. Default: none are; their own `maxBufferedAmount` and `whenFull` apply.
   */
  readonly maxBufferedAmount?: number;
}

const broadcastOptionNames: OptionNames<BroadcastOptions> = { except: 1, maxBufferedAmount: 1 };

/** The result of `broadcast`. */
export interface BroadcastResult<Data = unknown> {
  /** Number of sockets whose `send` returned "sent" or "queued". */
  readonly sent: number;
  /**
   * Number of sockets that were skipped because their peer reads too slowly or they are closing.
   */
  readonly dropped: number;
  /** These sockets; undefined if there are none. */
  readonly skipped: readonly Socket<Data>[] | undefined;
}

/**
 * Sends one message to many sockets and encodes it only once. A slow peer does not delay the others.
 *
 * @param sockets - For example the members of a room, or `server.clients`.
 * @param data - See `prepare`. Copied.
 * @returns How many sockets the message was sent to, and how many were skipped.
 * @throws TypeError or RangeError for an invalid message or option, before anything is sent.
 *
 * @example
 * const { dropped } = broadcast(room, "hello", { except: sender });
 */
export function broadcast<Data>(
  sockets: Iterable<Socket<Data>>,
  data: Preparable,
  options: BroadcastOptions = {},
): BroadcastResult<Data> {
  checkOptions(options, "broadcast");
  checkOptionNames(options, broadcastOptionNames);
  const { except, maxBufferedAmount } = options;
  if (except !== undefined && (typeof except !== "object" || except === null)) {
    throw optionError("except", except, "a socket or a set of sockets");
  }
  if (maxBufferedAmount !== undefined) {
    checkInteger("maxBufferedAmount", maxBufferedAmount, 0, Number.MAX_SAFE_INTEGER);
  }
  const message = checkMessage(data);
  let prepared: PreparedMessage | undefined;
  let sent = 0;
  let skipped: Socket<Data>[] | undefined;
  for (const socket of sockets) {
    if (except !== undefined && isExcepted(except, socket)) continue;
    prepared ??= prepare(message);
    const isSent =
      maxBufferedAmount === undefined
        ? socket.send(prepared) !== "dropped"
        : socket.offer(prepared, maxBufferedAmount);
    if (isSent) sent++;
    else {
      skipped ??= [];
      skipped.push(socket);
    }
  }
  return { sent, dropped: skipped?.length ?? 0, skipped };
}

function isExcepted<Data>(
  except: NonNullable<BroadcastOptions["except"]>,
  socket: Socket<Data>,
): boolean {
  if (except === socket) return true;
  if (Array.isArray(except)) return except.includes(socket);
  return "has" in except && except.has(socket as never);
}
