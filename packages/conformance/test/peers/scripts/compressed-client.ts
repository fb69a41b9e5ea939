import { converseCompressed } from "./compressed-conversation.ts";
import { report, type StandardWebSocket, standardPeer } from "./conversation.ts";

/** A socket with the standard interface that has not opened yet. */
interface Connecting {
  readonly socket: StandardWebSocket;
  /** Returns the negotiated extensions, once it has opened. */
  extensions(): string;
}

/** Talks to an echo server over one connection per way of connecting. Prints a line about each. */
export async function runCompressedClient(
  ways: readonly ((url: string) => Connecting)[],
): Promise<void> {
  const [, , url] = process.argv;
  for (const connect of ways) {
    const { socket, extensions } = connect(url);
    const peer = standardPeer(socket);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`cannot connect to ${url}`)));
    });
    const same = await converseCompressed(peer);
    peer.close(1000);
    const { code } = await peer.inbox.closed;
    report({ extensions: extensions(), same, code });
  }
}

/** Connects with a class that has the standard interface. */
export function standardWay(
  WebSocketClass: new (url: string) => StandardWebSocket & { readonly extensions: string },
): (url: string) => Connecting {
  return (url) => {
    const socket = new WebSocketClass(url);
    return { socket, extensions: () => socket.extensions };
  };
}
