import type { Sender } from "@framewright/codec/inspect";

/** What a feed tells; see `feed.ts` beside the page. */
export interface LiveHandlers {
  /** A client has connected through the proxy. */
  opened(id: number, name: string): void;
  received(id: number, from: Sender, bytes: Uint8Array): void;
  /** The connection through the proxy has ended. */
  ended(id: number): void;
  /** The feed has ended, or could not be reached. */
  stopped(wasOpen: boolean): void;
}

/** Connects to a proxy's feed. Returns a function that ends it. */
export function connectLive(url: string, handlers: LiveHandlers): () => void {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  let wasOpen = false;
  socket.addEventListener("open", () => {
    wasOpen = true;
  });
  socket.addEventListener("message", ({ data }) => {
    if (!(data instanceof ArrayBuffer) || data.byteLength < 5) return;
    const view = new DataView(data);
    const [kind, id, bytes] = [view.getUint8(0), view.getUint32(1), new Uint8Array(data, 5)];
    if (kind === 0) handlers.opened(id, new TextDecoder().decode(bytes));
    else if (kind === 3) handlers.ended(id);
    else handlers.received(id, kind === 1 ? "client" : "server", bytes);
  });
  socket.addEventListener("close", () => handlers.stopped(wasOpen));
  return () => socket.close();
}
