import { converse, maxMessageSize, type PeerSocket, report } from "./conversation.ts";

/** The request of an echo client. */
export interface PeerRequest {
  readonly path: string;
  /** The offered subprotocols. The answer is always `chosenSubprotocol`. */
  readonly offered: string;
}

export const chosenSubprotocol = "chat";

/** Serves a connected echo client according to its path. */
export async function servePeer(request: PeerRequest, peer: PeerSocket): Promise<void> {
  const { path, offered } = request;
  switch (path) {
    case "/converse": {
      const came = await converse(peer);
      peer.close(3002, "server is done");
      return report({ path, offered, came, closure: await peer.inbox.closed });
    }
    case "/too-long":
      peer.send(new Uint8Array(maxMessageSize + 1));
      return report({ path, closure: await peer.inbox.closed });
    case "/no-status":
      peer.close();
      return report({ path, closure: await peer.inbox.closed });
  }
}

/** Prints the server's address in the format of the echo servers. */
export function announce(port: number): void {
  console.log(`listening on ws://127.0.0.1:${port}`);
}
