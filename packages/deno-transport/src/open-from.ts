import { connect } from "node:net";
import type { OpeningProgress, TransportTarget } from "@framewright/websocket/transport";
import { type DuplexStream, DuplexTransport } from "@framewright/websocket/transport/extras";

/** Connects from an IP address of this machine. `Deno.connect` cannot, so this uses `node:net`. */
export function openFrom(
  { url: { port }, host, localAddress }: TransportTarget,
  progress: OpeningProgress,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // The `abort` event may have fired while this module was loading.
    if (progress.signal.aborted) {
      reject(new Error("connecting was aborted"));
      return;
    }
    const options = { host, port, localAddress, allowHalfOpen: true };
    const socket = connect(options, () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      const { remoteAddress } = socket;
      const stream = socket as unknown as DuplexStream;
      progress.opened(new DuplexTransport(stream, { remoteAddress, ownsBytes: true }));
      resolve();
    });
    socket.once("error", reject);
    progress.signal.addEventListener("abort", () => socket.destroy());
  });
}
