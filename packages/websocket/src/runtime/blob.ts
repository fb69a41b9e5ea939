/** The runtime's `Blob`, by the types of the program that uses this package. */
export type RuntimeBlob = typeof globalThis extends { Blob: { prototype: infer Blob } }
  ? Blob
  : { readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> };

/** The used part of a `Blob`. */
export interface UsedBlob {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface BlobGlobals {
  Blob: { new (parts: Uint8Array[]): UsedBlob; readonly prototype: UsedBlob };
}

/** The runtime's class `Blob`. Node, Deno and Bun all have it. */
export const blobGlobals = globalThis as unknown as BlobGlobals;

export function isBlob(value: unknown): value is UsedBlob {
  return value instanceof blobGlobals.Blob;
}

/** Reads a `Blob` whole. Rejects if it cannot be read: its file has changed, for example. */
export async function readBlob(blob: UsedBlob): Promise<Uint8Array> {
  return new Uint8Array(await blobGlobals.Blob.prototype.arrayBuffer.call(blob));
}
