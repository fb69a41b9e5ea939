import { Socket } from "node:net";
import { mayUseInternals } from "@framewright/websocket/transport";

/** The used part of `WebAssembly`, which Node's types do not declare. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
};

/**
 * Offset of the read buffer in its memory. WebAssembly memory starts at a page, and the codec masks
 * in a page-aligned block of its own. If the payload behind a header of 14 bytes were 14 bytes
 * behind a page too, processors would take loads of the copy for its stores (4K aliasing): 16 KiB
 * then take 4.7 us instead of 0.15 us.
 */
const offset = 2_048;

/**
 * The read buffer of all connections, 256 KiB. `TransportListener.receive` only borrows it. It
 * leaves nothing to collect, and one read can take a long message. A `data` event allocates 64 KiB
 * for each chunk, and V8 marks the whole heap after every 64 MiB of them.
 *
 * It is WebAssembly memory, which cannot be transferred: user code can reach it as the `buffer` of
 * a borrowed message, while libuv keeps writing to its address.
 */
const buffer = new Uint8Array(
  new WebAssembly.Memory({ initial: 5, maximum: 5 }).buffer,
  offset,
  262_144,
);
/** Number of bytes at the start of `buffer` that may differ from 0. */
let written = 0;

/** The undocumented members of a socket. */
type Internals = Socket & Record<symbol, unknown> & { _handle?: { useUserBuffer?: unknown } };
type Receive = (this: Socket, length: number) => boolean;

/**
 * The symbols under which a socket stores its option `onread`. Undefined before the first lookup,
 * null if they were not found.
 */
let onreadSymbols: { buffer: symbol; callback: symbol } | null | undefined;

/**
 * Returns the bytes of the last read.
 *
 * @param isExposed - Whether user code can reach the whole buffer. If so, bytes of earlier reads,
 *   possibly of other connections, are first erased behind the new ones.
 * @returns A view that is valid until the next read.
 */
export function readBytes(length: number, isExposed: boolean): Uint8Array {
  if (length > written) written = length;
  else if (isExposed) {
    buffer.fill(0, length, written);
    written = length;
  }
  return new Uint8Array(buffer.buffer, offset, length);
}

/**
 * Makes a socket read into the shared buffer, as if it had been created with the option `onread`.
 * A socket that a server accepted cannot have that option, so it is set afterwards. How Node stores
 * the option is not documented; see docs/runtime-internals.md.
 *
 * @param receive - The same function for all sockets. Called with the number of bytes read, for
 *   `readBytes`. Returns true, so that reading continues.
 * @returns Whether it worked. If not, the socket emits `data` events.
 */
export function readShared(socket: Socket, receive: Receive): boolean {
  const handle = (socket as Internals)._handle;
  if (onreadSymbols === undefined)
    onreadSymbols = (mayUseInternals() ? findOnreadSymbols(receive) : undefined) ?? null;
  if (onreadSymbols === null || typeof handle?.useUserBuffer !== "function") return false;
  // Bytes that Node has already read are only delivered by `data` events.
  if (socket.readableLength > 0) return false;
  const internals = socket as Internals;
  internals[onreadSymbols.buffer] = buffer;
  internals[onreadSymbols.callback] = receive;
  handle.useUserBuffer(buffer);
  return true;
}

/** Finds the symbols on a socket that is created with the option. */
function findOnreadSymbols(receive: Receive) {
  const probe = new Socket({ onread: { buffer, callback: receive } }) as Internals;
  const symbols = Object.getOwnPropertySymbols(probe);
  const symbolOf = (value: unknown) => symbols.find((symbol) => probe[symbol] === value);
  const [forBuffer, forCallback] = [symbolOf(buffer), symbolOf(receive)];
  if (forBuffer === undefined || forCallback === undefined) return undefined;
  return { buffer: forBuffer, callback: forCallback };
}
