import * as crypto from "node:crypto";
import { connect, isIP, type Socket } from "node:net";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import {
  type ClientTlsSettings,
  checkSocketPath,
  type OpeningProgress,
  readCertificates,
  type TransportTarget,
} from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Connects with `node:net`, or with `node:tls` for `wss:`. */
export async function open(target: TransportTarget, progress: OpeningProgress): Promise<void> {
  const { url, host, localAddress, tls } = target;
  const { port, secure, socketPath } = url;
  checkSocketPath(socketPath, process.platform);
  const address = socketPath === "" ? { host, port, localAddress } : { path: socketPath };
  return new Promise((resolve, reject) => {
    const onOpen = () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      progress.opened(new NodeTransport(socket, secure));
      resolve();
    };
    const socket: Socket = secure
      ? connectTls({ ...address, ...tlsOptions(url.hostname, tls) }, onOpen)
      : connect({ ...address, allowHalfOpen: true }, onOpen);
    if (socketPath === "" && isIP(host) === 0) {
      progress.reached("lookup");
      socket.once("lookup", () => progress.reached("connect"));
    }
    if (secure) socket.once("connect", () => progress.reached("tls"));
    socket.once("error", reject);
    progress.signal.addEventListener("abort", () => socket.destroy());
  });
}

function tlsOptions(host: string, tls: ClientTlsSettings) {
  const { ca, certificate, serverName, minVersion, alpn, rejectUnauthorized } = tls;
  readCertificates(crypto, { ca, ...certificate });
  return {
    allowHalfOpen: true,
    ...certificate,
    ...(ca === undefined ? {} : { ca }),
    // An IP address must not be sent as a server name (RFC 6066 section 3).
    ...(serverName === undefined && isIP(host) !== 0 ? {} : { servername: serverName ?? host }),
    minVersion,
    rejectUnauthorized,
    ALPNProtocols: [...alpn],
  };
}
