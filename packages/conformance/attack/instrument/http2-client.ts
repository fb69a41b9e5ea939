import { EventEmitter, once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { openSession, StreamPeer } from "../../src/stream-peer.ts";

const write = new FrameWriter("client");

/** An honest peer is patient as long as the others. */
class HonestStream extends StreamPeer {
  protected override readonly patience = 30_000;
}

/** A WebSocket on a stream of HTTP/2, with the part of the interface of `ws` that is used. */
export class Http2Client extends EventEmitter {
  readyState = 1;
  private readonly peer: StreamPeer;
  private readonly session: ClientHttp2Session | undefined;

  private constructor(peer: StreamPeer, session: ClientHttp2Session | undefined) {
    super();
    this.peer = peer;
    this.session = session;
    void this.read();
  }

  /**
   * @param shared - The connection to open a stream on. Without it, the client has its own.
   * @throws Error if the stream is refused.
   */
  static async open(port: number, ca: string, shared?: ClientHttp2Session): Promise<Http2Client> {
    const session = shared ?? (await openSession(port, { ca }));
    if (shared === undefined) session.on("error", () => {});
    const peer = new HonestStream(session);
    try {
      await peer.opening.answered();
    } catch (error) {
      if (shared === undefined) session.destroy();
      throw error;
    }
    return new Http2Client(peer, shared === undefined ? session : undefined);
  }

  send(text: string): void {
    void this.peer.send(write.text(text)).catch(() => {});
  }

  close(): void {
    void this.peer.send(write.close(1_000)).catch(() => {});
  }

  private async read(): Promise<void> {
    let statusCode = 1006;
    try {
      for (;;) {
        const frame = await this.peer.takeFrame();
        if (frame === undefined) break;
        if (frame.opcode === opcodes.close) {
          statusCode = (frame.payload[0] << 8) | frame.payload[1];
          break;
        }
        if (frame.opcode === opcodes.ping) await this.peer.send(write.pong());
        const isBinary = frame.opcode === opcodes.binary;
        if (isBinary || frame.opcode === opcodes.text) {
          this.emit("message", frame.payload, isBinary);
        }
      }
    } catch {
      // The server has not answered in time, which is counted as its loss.
    }
    this.readyState = 3;
    this.emit("close", statusCode);
    const { socket } = this.peer;
    socket.end();
    if (!socket.closed) await Promise.race([once(socket, "close"), once(socket, "error")]);
    this.session?.close();
  }
}
