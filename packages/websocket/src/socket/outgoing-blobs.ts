import { readBlob, type UsedBlob } from "../runtime/blob.ts";
import type { StreamingSession } from "./outgoing-stream.ts";

/** What `OutgoingBlobs` uses of its session. */
export interface BlobSession extends StreamingSession {
  /** Undefined while no `Blob` waits. */
  blobs: OutgoingBlobs | undefined;
  /** Passes an error to the `error` handler, and closes the connection with 1011. */
  blobFailed(error: unknown): void;
}

/** A `Blob` to send could not be read. */
class UnreadableBlobError extends Error {
  readonly code = "WS_ERR_UNREADABLE_BLOB";
}

/**
 * The Blobs of one socket that are not sent yet. They are read one after another. What is sent after
 * them waits in the connection, as behind a message in fragments.
 */
export class OutgoingBlobs {
  /** Their size in bytes. */
  length = 0;
  private count = 0;
  private readonly session: BlobSession;
  /** Closes the connection, which waits for them. */
  private close: (() => void) | undefined = undefined;

  constructor(session: BlobSession) {
    this.session = session;
  }

  /** Whether the socket is closing: nothing can be sent any more. */
  get isClosing(): boolean {
    return this.close !== undefined;
  }

  /** Adds a Blob. Returns false if the connection is closing or closed. */
  add(blob: UsedBlob): boolean {
    const { size } = blob;
    this.count++;
    this.length += size;
    return this.session.connection.beginFragments(() => void this.send(blob, size));
  }

  /** Closes the connection when all are sent. */
  closeLater(close: () => void): void {
    this.close ??= close;
  }

  /** Called when it is the message's turn. */
  private async send(blob: UsedBlob, size: number): Promise<void> {
    const { session } = this;
    let bytes: Uint8Array;
    try {
      bytes = await readBlob(blob);
    } catch (cause) {
      if (session.finished) return;
      this.close = () => {}; // the `error` handler cannot send any more
      const message = "a Blob to send cannot be read";
      return session.blobFailed(new UnreadableBlobError(message, { cause }));
    }
    this.count--;
    this.length -= size;
    if (this.count === 0) session.blobs = undefined;
    if (session.finished) return;
    if (session.connection.sendBegun(bytes)) session.countSent();
    session.scheduleFlush();
    if (this.count === 0) this.close?.();
  }
}
