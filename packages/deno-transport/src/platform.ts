import * as buffer from "node:buffer";
import * as zlib from "node:zlib";
import { bufferText, compressorPool, type Platform } from "@framewright/websocket/transport";

/** What is fastest on Deno, where any array with memory of its own is dear. */
export const platform: Platform = {
  text: bufferText(buffer),
  compressors: compressorPool(zlib),
  sharedFrom: 1,
};
