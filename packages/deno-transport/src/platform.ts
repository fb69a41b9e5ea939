import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import { bufferHttp, bufferText, type Platform } from "@framewright/websocket/transport";

/** What is fastest on Deno, where any array with memory of its own is dear. */
export const platform: Platform = {
  text: bufferText(buffer),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  sharedFrom: 1,
};
