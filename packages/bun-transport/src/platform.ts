import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import process from "node:process";
import {
  bufferHttp,
  bufferText,
  compressorPool,
  type RuntimeSupport,
} from "@framewright/websocket/transport";

/**
 * Minimum length in bytes of unzeroed memory. From here on, zeroing memory that is overwritten
 * anyway would be the largest part of the cost.
 */
const unzeroedFrom = 4_096;

/** The fastest text coding and memory allocation on Bun, where small arrays are cheap. */
export const platform: RuntimeSupport = {
  text: bufferText(buffer),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  // Loaded only when compression is used. Loading it takes about 4 MiB on Bun.
  compressors: compressorPool(() => process.getBuiltinModule?.("node:zlib")),
  sharedFrom: 65,
  keepFrom: 1_025,
  allocate(length) {
    if (length < unzeroedFrom) return new Uint8Array(length);
    return new Uint8Array(buffer.Buffer.allocUnsafeSlow(length).buffer);
  },
};
