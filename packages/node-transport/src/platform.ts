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

/** What is fastest on Node. */
export const platform: RuntimeSupport = {
  text: bufferText(buffer, { decoded: 16, inGroups: true, written: 24 }),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  // Only when it is needed.
  compressors: compressorPool(() => process.getBuiltinModule?.("node:zlib")),
  sharedFrom: 1,
  sharedAloneFrom: 65,
  allocate(length) {
    if (length < unzeroedFrom) return new Uint8Array(length);
    return new Uint8Array(buffer.Buffer.allocUnsafeSlow(length).buffer);
  },
};
