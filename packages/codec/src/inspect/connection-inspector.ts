import { FrameInspector, type InspectorOptions } from "./frame-inspector.ts";
import type { InspectedFrame } from "./open-frame.ts";

/** The endpoint that sent a frame. */
export type Sender = "client" | "server";

/**
 * Inspects both directions of a connection, with their opening handshakes. It takes the parameters of
 * permessage-deflate from the server's response, so push the bytes in the order in which they were
 * captured.
 *
 * @example
 * const inspector = new ConnectionInspector({ openInflator });
 * inspector.push("client", request);
 * inspector.push("server", response);
 * for (let item = inspector.next(); item !== undefined; item = inspector.next()) {
 *   console.log(item.from, item.frame.opcode, item.frame.faults);
 * }
 */
export class ConnectionInspector {
  /** The frames that the client sent, and its request. */
  readonly fromClient: FrameInspector;
  /** The frames that the server sent, and its response. */
  readonly fromServer: FrameInspector;
  private isNegotiated = false;

  /**
   * @param options - For both directions. `handshake` is true by default.
   * @throws RangeError if a limit is not an integer in its range.
   */
  constructor(options: Omit<InspectorOptions, "role"> = {}) {
    const both = { handshake: true, ...options };
    this.fromClient = new FrameInspector({ ...both, role: "server" });
    this.fromServer = new FrameInspector({ ...both, role: "client" });
    this.isNegotiated = options.deflate !== undefined;
  }

  /**
   * Gives it bytes that an endpoint sent. Then call `next` until it returns undefined.
   *
   * @param bytes - Borrowed until `next` returns undefined, not modified.
   */
  push(from: Sender, bytes: Uint8Array): void {
    this.inspectorOf(from).push(bytes);
  }

  /** Tells it that no more bytes will arrive, from one endpoint or both. Then call `next`. */
  end(from?: Sender): void {
    if (from !== "server") this.fromClient.end();
    if (from !== "client") this.fromServer.end();
  }

  /** Frees the decompressors. */
  close(): void {
    this.fromClient.close();
    this.fromServer.close();
  }

  /**
   * Moves on to the next frame. Never throws.
   *
   * @returns The frame and the endpoint that sent it; undefined if more bytes are needed, or at the
   *   end.
   */
  next(): { readonly from: Sender; readonly frame: InspectedFrame } | undefined {
    // The server's response says what the client's frames mean.
    return this.nextFrom("server") ?? this.nextFrom("client");
  }

  private nextFrom(from: Sender) {
    this.fromServer.request = this.fromClient.requestHead;
    const frame = this.inspectorOf(from).next();
    this.negotiate();
    return frame === undefined ? undefined : { from, frame };
  }

  /** Uses the permessage-deflate of the server's response for what the client sends as well. */
  private negotiate(): void {
    const deflate = this.fromServer.handshake?.deflate;
    if (this.isNegotiated || deflate === undefined) return;
    this.isNegotiated = true;
    const { sendContextTakeover: contextTakeover, sendWindowBits: windowBits } = deflate;
    this.fromClient.useDeflate({ contextTakeover, windowBits });
  }

  private inspectorOf(from: Sender): FrameInspector {
    return from === "client" ? this.fromClient : this.fromServer;
  }
}
