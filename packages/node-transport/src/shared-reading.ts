import { Socket } from "node:net";
import { mayUseInternals, ReadBuffer } from "@framewright/websocket/transport";

/**
 * The buffer of all connections. A `data` event allocates 64 KiB for each chunk, and V8 marks the
 * whole heap after every 64 MiB of them.
 */
export const readBuffer = new ReadBuffer();

/** The undocumented members of a socket. */
type Internals = Socket & Record<symbol, unknown> & { _handle?: { useUserBuffer?: unknown } };
type Receive = (this: Socket, length: number) => boolean;

/**
 * The symbols under which a socket stores its option `onread`. Undefined before the first lookup,
 * null if they were not found.
 */
let onreadSymbols: { buffer: symbol; callback: symbol } | null | undefined;

/**
 * Makes a socket read into the shared buffer, as if it had been created with the option `onread`.
 * A socket that a server accepted cannot have that option, so it is set afterwards. How Node stores
 * the option is not documented; see docs/runtime-internals.md.
 *
 * @param receive - The same function for all sockets. Called with the number of bytes read, for
 *   `readBuffer.lastRead`. Returns true, so that reading continues.
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
  internals[onreadSymbols.buffer] = readBuffer.bytes;
  internals[onreadSymbols.callback] = receive;
  handle.useUserBuffer(readBuffer.bytes);
  return true;
}

/** Finds the symbols on a socket that is created with the option. */
function findOnreadSymbols(receive: Receive) {
  const buffer = readBuffer.bytes;
  const probe = new Socket({ onread: { buffer, callback: receive } }) as Internals;
  const symbols = Object.getOwnPropertySymbols(probe);
  const symbolOf = (value: unknown) => symbols.find((symbol) => probe[symbol] === value);
  const [forBuffer, forCallback] = [symbolOf(buffer), symbolOf(receive)];
  if (forBuffer === undefined || forCallback === undefined) return undefined;
  return { buffer: forBuffer, callback: forCallback };
}
