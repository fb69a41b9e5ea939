import * as crypto from "node:crypto";
import { connect, isIP, type Socket } from "node:net";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import {
  type AbortSignal,
  type ClientTlsSettings,
  checkSocketPath,
  readCertificates,
  type Transport,
  type WebSocketUrl,
} from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Connects with `node:net`, or with `node:tls` for `wss:`. */
export async function open(
  url: WebSocketUrl,
  tls: ClientTlsSettings,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
  connected: () => void,
): Promise<void> {
  const { hostname: host, port, secure, socketPath } = url;
  checkSocketPath(socketPath, process.platform);
  const address = socketPath === "" ? { host, port } : { path: socketPath };
  return new Promise((resolve, reject) => {
    const onOpen = () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      opened(new NodeTransport(socket, secure));
      resolve();
    };
    const socket: Socket = secure
      ? connectTls({ ...address, ...tlsOptions(host, tls) }, onOpen)
      : connect({ ...address, allowHalfOpen: true }, onOpen);
    socket.once("connect", connected);
    socket.once("error", reject);
    signal.addEventListener("abort", () => socket.destroy());
  });
}

function tlsOptions(host: string, tls: ClientTlsSettings) {
  const { ca, certificate, serverName, minVersion } = tls;
  readCertificates(crypto, { ca, ...certificate });
  return {
    allowHalfOpen: true,
    ...certificate,
    ...(ca === undefined ? {} : { ca }),
    // An IP address must not be sent as a server name (RFC 6066 section 3).
    ...(serverName === undefined && isIP(host) !== 0 ? {} : { servername: serverName ?? host }),
    minVersion,
    ALPNProtocols: ["http/1.1"],
  };
}
