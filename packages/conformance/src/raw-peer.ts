import { connect, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { BytePeer } from "./byte-peer.ts";

/** One end of a TCP or TLS connection that sends given bytes and examines the received ones. */
export class RawPeer extends BytePeer<Socket> {
  /** @param socket - Created with `allowHalfOpen`: only the script decides when this side ends. */
  constructor(socket: Socket) {
    super(socket);
    socket.setNoDelay(true);
  }

  /**
   * Connects to a server on this machine.
   *
   * @param ca - PEM text of a certificate authority. If set, connects with TLS and trusts it.
   */
  static connect(port: number, ca?: string, host = "127.0.0.1"): Promise<RawPeer> {
    const options = { host, port, allowHalfOpen: true };
    return new Promise((resolve, reject) => {
      const opened = () => {
        socket.off("error", reject);
        resolve(new RawPeer(socket));
      };
      const socket: Socket =
        ca === undefined ? connect(options, opened) : connectTls({ ...options, ca }, opened);
      socket.once("error", reject);
    });
  }

  /** Resets the TCP connection. Over TLS, ends TCP without ending TLS. */
  reset(): void {
    if (this.socket instanceof TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }
}
