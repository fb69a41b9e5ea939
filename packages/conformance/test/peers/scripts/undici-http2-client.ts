import { Agent, WebSocket } from "undici";
import { runPeerClient } from "./client.ts";

/** Without TLS, HTTP/2 is spoken from the start. The types lack `useH2c` at this place. */
const options = { allowH2: true, useH2c: process.argv[2].startsWith("ws:") };
const dispatcher = new Agent(options);

class Http2WebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, { protocols, dispatcher });
  }
}

await runPeerClient(Http2WebSocket);
