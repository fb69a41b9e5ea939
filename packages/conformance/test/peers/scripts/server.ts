import { converse, maxMessageSize, type PeerSocket, report } from "./conversation.ts";

/** What an echo client asked for. */
export interface PeerRequest {
  readonly path: string;
  /** The subprotocols; whatever they are, the answer is `chosenSubprotocol`. */
  readonly offered: string;
}

export const chosenSubprotocol = "chat";

/** What a server does with an echo client that has connected, by its path. */
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

/** Says where the server listens, as the echo servers do. */
export function announce(port: number): void {
  console.log(`listening on ws://127.0.0.1:${port}`);
}
