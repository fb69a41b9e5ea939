import { Socket } from "node:net";

/** What is used of it; Node's types leave it out. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
};

/**
 * What every connection reads into: `TransportListener.receive` only borrows it. One read takes a
 * long message, and gives V8 nothing to collect; each chunk of a `data` event is 64 KiB that were
 * allocated for it, and for every 64 MiB of them V8 marks the whole heap.
 *
 * It is the memory of a WebAssembly module, four pages of 64 KiB, because nobody can transfer that: user code sees
 * it as the `buffer` of borrowed messages, and libuv goes on writing where it was told to.
 */
const buffer = new Uint8Array(new WebAssembly.Memory({ initial: 4, maximum: 4 }).buffer);
/** How many bytes of it may be other than 0. */
let written = 0;

/** A socket as Node made it. */
type Internals = Socket & Record<symbol, unknown> & { _handle?: { useUserBuffer?: unknown } };
type Receive = (this: Socket, length: number) => boolean;

/** Where a socket keeps the option `onread`; undefined until the first one is looked at. */
let places: { buffer: symbol; callback: symbol } | null | undefined;

/**
 * Shows what a read came to.
 *
 * @param isExposed - Whether user code can get at the buffer, and so at all of it: what earlier reads, of other
 *   connections perhaps, left behind the bytes is erased first.
 */
export function readBytes(length: number, isExposed: boolean): Uint8Array {
  if (length > written) written = length;
  else if (isExposed) {
    buffer.fill(0, length, written);
    written = length;
  }
  return new Uint8Array(buffer.buffer, 0, length);
}

/**
 * Makes a socket read into memory that is shared, as if it had been made with the option `onread`.
 * Only clients can have that option, so for a socket that a server accepted it is set afterwards.
 *
 * @param receive - The same for all sockets. Told how many bytes are new, for `readBytes`; returns true.
 * @returns false where this cannot be done: then there are `data` events as ever. How Node keeps the option is not documented.
 */
export function readShared(socket: Socket, receive: Receive): boolean {
  const handle = (socket as Internals)._handle;
  if (places === undefined) places = findPlaces(receive) ?? null;
  if (places === null || typeof handle?.useUserBuffer !== "function") return false;
  // What Node has read already comes by `data` events only.
  if (socket.readableLength > 0) return false;
  const internals = socket as Internals;
  internals[places.buffer] = buffer;
  internals[places.callback] = receive;
  handle.useUserBuffer(buffer);
  return true;
}

/** Looks at a socket that was made with the option. */
function findPlaces(receive: Receive) {
  const probe = new Socket({ onread: { buffer, callback: receive } }) as Internals;
  const symbols = Object.getOwnPropertySymbols(probe);
  const place = (value: unknown) => symbols.find((symbol) => probe[symbol] === value);
  const [forBuffer, forCallback] = [place(buffer), place(receive)];
  if (forBuffer === undefined || forCallback === undefined) return undefined;
  return { buffer: forBuffer, callback: forCallback };
}
