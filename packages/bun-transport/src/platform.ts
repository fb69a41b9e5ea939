import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import process from "node:process";
import {
  bufferHttp,
  bufferText,
  compressorPool,
  type RuntimeSupport,
} from "@framewright/websocket/transport";

/** From this many bytes on, zeroing memory that is written anyway costs more than all the rest. */
const unzeroedFrom = 4_096;

/** What is fastest on Bun, whose small arrays are cheap. */
export const platform: RuntimeSupport = {
  text: bufferText(buffer),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  // Only when it is needed: loading it costs Bun some 4 MiB.
  compressors: compressorPool(() => process.getBuiltinModule?.("node:zlib")),
  sharedFrom: 65,
  keepFrom: 1_025,
  allocate(length) {
    if (length < unzeroedFrom) return new Uint8Array(length);
    return new Uint8Array(buffer.Buffer.allocUnsafeSlow(length).buffer);
  },
};
