import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Connects with `node:net`, or with `node:tls` for `wss:`. */
export function open(
  url: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  const { hostname: host, port, secure } = url;
  const shared = { host, port, allowHalfOpen: true };
  return new Promise((resolve, reject) => {
    const onOpen = () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      opened(new NodeTransport(socket, secure));
      resolve();
    };
    // An IP address must not be sent as a server name (RFC 6066 section 3).
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket: Socket = secure
      ? connectTls({ ...shared, ...servername, ca, ALPNProtocols: ["http/1.1"] }, onOpen)
      : connect(shared, onOpen);
    socket.once("error", reject);
    signal.addEventListener("abort", () => socket.destroy());
  });
}
