import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import process from "node:process";
import {
  bufferHttp,
  bufferText,
  compressorPool,
  type Platform,
} from "@framewright/websocket/transport";

/** What is fastest on Deno, where any array with memory of its own is dear. */
export const platform: Platform = {
  // Calls of its native functions for writing take 70 to 100 ns.
  text: bufferText(buffer, { decoded: 16, inGroups: true, written: 64 }),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  // Only when it is needed.
  compressors: compressorPool(() => process.getBuiltinModule?.("node:zlib")),
  sharedFrom: 1,
  sharedAloneFrom: 1,
};
