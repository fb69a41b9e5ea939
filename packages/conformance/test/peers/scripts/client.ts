import {
  converse,
  maxMessageSize,
  report,
  type StandardWebSocket,
  standardPeer,
} from "./conversation.ts";

/** A WebSocket class with the standard interface. */
type WebSocketClass = new (url: string, protocols: string[]) => StandardWebSocket;

async function open(WebSocketClass: WebSocketClass, url: string) {
  const socket = new WebSocketClass(url, ["superchat", "chat"]);
  const peer = standardPeer(socket);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error(`cannot connect to ${url}`)));
  });
  return { ...peer, protocol: socket.protocol };
}

/**
 * Talks to the echo server given on the command line over three connections. Prints a line about
 * each.
 */
export async function runPeerClient(WebSocketClass: WebSocketClass): Promise<void> {
  const url = process.argv[2];
  const talker = await open(WebSocketClass, url);
  const came = await converse(talker);
  talker.close(3001, "peer is done");
  report({ protocol: talker.protocol, came, closure: await talker.inbox.closed });

  const offender = await open(WebSocketClass, url);
  offender.send(new Uint8Array(maxMessageSize + 1));
  report({ closure: await offender.inbox.closed });

  const waiter = await open(WebSocketClass, url);
  report({ waiting: true });
  report({ closure: await waiter.inbox.closed });
}
