import { PakoInflator } from "./inflator.ts";
import { type DeflateMode, deflateModes, type Piece } from "./recording.ts";

/** What a link carries. */
export interface Shared {
  readonly mode: DeflateMode;
  /** Index of the frame to show. */
  readonly selected: number;
  readonly pieces: readonly Piece[];
}

/** Longest content that is put into a link, in bytes. Compressed, most of it becomes far shorter. */
export const maxSharedLength = 65_536;
/** Longest fragment that is written or read. All browsers take URLs of this length. */
export const maxFragmentLength = 32_768;
const prefix = "v1.";

/**
 * Encodes bytes to inspect as the fragment of a URL, which browsers do not send to the server.
 *
 * @returns undefined if there is too much for a link.
 */
export async function encodeShare({ mode, selected, pieces }: Shared): Promise<string | undefined> {
  const length = pieces.reduce((sum, { bytes }) => sum + bytes.length + 5, 3);
  if (length > maxSharedLength) return undefined;
  const packed = new Uint8Array(length);
  const view = new DataView(packed.buffer);
  view.setUint8(0, deflateModes.indexOf(mode));
  view.setUint16(1, selected);
  let at = 3;
  for (const { from, bytes } of pieces) {
    view.setUint8(at, from === "client" ? 0 : 1);
    view.setUint32(at + 1, bytes.length);
    packed.set(bytes, at + 5);
    at += 5 + bytes.length;
  }
  const stream = new Blob([packed]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const compressed = new Uint8Array(await new Response(stream).arrayBuffer());
  const digits = btoa(String.fromCharCode(...compressed));
  const fragment = prefix + digits.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return fragment.length > maxFragmentLength ? undefined : fragment;
}

/**
 * Decodes the fragment of a URL, which anybody may have written.
 *
 * @param fragment - Without "#".
 * @returns undefined if it is not one that `encodeShare` made.
 */
export function decodeShare(fragment: string): Shared | undefined {
  if (!fragment.startsWith(prefix) || fragment.length > maxFragmentLength) return undefined;
  const digits = fragment.slice(prefix.length);
  if (!/^[A-Za-z0-9_-]+$/.test(digits) || digits.length % 4 === 1) return undefined;
  const text = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  const packed = inflateBounded(Uint8Array.from(text, (unit) => unit.charCodeAt(0)));
  return packed === undefined ? undefined : unpack(packed);
}

function inflateBounded(compressed: Uint8Array): Uint8Array | undefined {
  const inflator = new PakoInflator(15);
  inflator.push(compressed, 0, compressed.length, true);
  const result = new Uint8Array(maxSharedLength);
  let length = 0;
  do {
    const piece = inflator.next();
    if (piece < 0 || length + piece > maxSharedLength) return undefined;
    result.set(inflator.output.subarray(0, piece), length);
    length += piece;
  } while (!inflator.done);
  return result.subarray(0, length);
}

function unpack(packed: Uint8Array): Shared | undefined {
  if (packed.length < 3) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const mode = deflateModes[view.getUint8(0)];
  if (mode === undefined) return undefined;
  const pieces: Piece[] = [];
  let at = 3;
  while (at + 5 <= packed.length) {
    const end = at + 5 + view.getUint32(at + 1);
    if (end > packed.length) return undefined;
    const from = view.getUint8(at) === 0 ? "client" : "server";
    pieces.push({ from, bytes: packed.slice(at + 5, end) });
    at = end;
  }
  return at === packed.length ? { mode, selected: view.getUint16(1), pieces } : undefined;
}
