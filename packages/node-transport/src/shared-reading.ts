import { Socket } from "node:net";

/**
 * What every connection reads into: `TransportListener.receive` only borrows it. One read takes a
 * long message, and gives V8 nothing to collect; each chunk of a `data` event is 64 KiB that were
 * allocated for it, and for every 64 MiB of them V8 marks the whole heap.
 */
const buffer = new Uint8Array(262_144);

/** A socket as Node made it. */
type Internals = Socket & Record<symbol, unknown> & { _handle?: { useUserBuffer?: unknown } };
type Receive = (this: Socket, length: number, buffer: Uint8Array) => boolean;

/** Where a socket keeps the option `onread`; undefined until the first one is looked at. */
let places: { buffer: symbol; callback: symbol } | null | undefined;

/**
 * Makes a socket read into memory that is shared, as if it had been made with the option `onread`.
 * Only clients can have that option, so for a socket that a server accepted it is set afterwards.
 *
 * @param receive - The same for all sockets. Told how many bytes of the buffer are new; returns true.
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
