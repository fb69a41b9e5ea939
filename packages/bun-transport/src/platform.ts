import * as buffer from "node:buffer";
import * as zlib from "node:zlib";
import { bufferText, compressorPool, type Platform } from "@framewright/websocket/transport";

/** From this many bytes on, zeroing memory that is written anyway costs more than all the rest. */
const unzeroedFrom = 4_096;

/** What is fastest on Bun, whose small arrays are cheap. */
export const platform: Platform = {
  text: bufferText(buffer),
  compressors: compressorPool(zlib),
  sharedFrom: 513,
  allocate(length) {
    if (length < unzeroedFrom) return new Uint8Array(length);
    return new Uint8Array(buffer.Buffer.allocUnsafeSlow(length).buffer);
  },
};
