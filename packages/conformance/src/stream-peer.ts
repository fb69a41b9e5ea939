import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type SecureClientSessionOptions,
} from "node:http2";
import { BytePeer } from "./byte-peer.ts";
import type { Opening } from "./script-player.ts";

/**
 * Opens an HTTP/2 connection to a server on this machine, whose first settings have arrived.
 *
 * @param options - With `ca`, connects with TLS. ALPN offers HTTP/2 alone.
 */
export async function openSession(
  port: number,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const scheme = options.ca === undefined ? "http" : "https";
  const session = connect(`${scheme}://127.0.0.1:${port}`, options);
  await once(session, "remoteSettings");
  return session;
}

/**
 * One stream of an HTTP/2 connection that asks for a WebSocket (RFC 8441), sends given bytes and
 * examines the received ones. What is the end of TCP elsewhere is END_STREAM here, and its reset is
 * RST_STREAM with CANCEL.
 */
export class StreamPeer extends BytePeer<ClientHttp2Stream> {
  /** The server's response, once it is there. */
  private status: number | undefined = undefined;

  /** @param headers - Further headers of the request, or others. */
  constructor(
    session: ClientHttp2Session,
    path = "/echo",
    headers: Readonly<Record<string, string>> = {},
  ) {
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": session.encrypted === true ? "https" : "http",
      ":path": path,
      ":authority": "127.0.0.1",
      "sec-websocket-version": "13",
      ...headers,
    });
    super(stream);
    stream.on("response", (headers) => {
      this.status = headers[":status"];
    });
  }

  /** The opening handshake. Its request is sent when the stream is opened. */
  get opening(): Opening {
    return { send: new Uint8Array(0), answered: () => this.answered() };
  }

  private async answered(): Promise<void> {
    if (this.status === undefined && !this.socket.closed) await once(this.socket, "response");
    if (this.status !== 200) throw new Error(`status ${this.status}`);
  }

  override reset(): void {
    this.socket.close(constants.NGHTTP2_CANCEL);
  }

  protected override get wasReset(): boolean {
    return this.socket.rstCode !== undefined && this.socket.rstCode !== constants.NGHTTP2_NO_ERROR;
  }
}
