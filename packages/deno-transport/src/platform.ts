import * as buffer from "node:buffer";
import { bufferText, type Platform } from "@framewright/websocket/transport";

/** What is fastest on Deno, where any array with memory of its own is dear. */
export const platform: Platform = {
  text: bufferText(buffer),
  sharedFrom: 1,
};
