import { Agent, WebSocket } from "undici";
import { runPeerClient } from "./client.ts";

/** HTTP/2 in plain text from the start. The types lack `useH2c` at this place. */
const options = { allowH2: true, useH2c: true };
const dispatcher = new Agent(options);

class Http2WebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, { protocols, dispatcher });
  }
}

await runPeerClient(Http2WebSocket);
