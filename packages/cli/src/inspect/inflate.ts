import zlib from "node:zlib";
import type { OpenInflator } from "@framewright/codec/inspect";
import { compressorPool } from "@framewright/websocket/transport/extras";

const pool = compressorPool(() => zlib);

/** Opens decompressors of `node:zlib`. Undefined if the runtime's cannot be used. */
export function inflatorOpener(): OpenInflator | undefined {
  const compressors = pool();
  return compressors && ((windowBits) => compressors.openInflator(windowBits));
}
