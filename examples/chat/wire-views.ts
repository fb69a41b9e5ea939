import { type Direction, type Socket, StatusCode } from "@framewright/websocket";
import type { Participant, Visitor, WireView } from "./visitor.ts";

/** Maximum number of views. */
const capacity = 200;
/**
 * Maximum number of bytes queued for a view. A view that exceeds it is closed, because the bytes
 * after a gap cannot be interpreted.
 */
const mostBuffered = 1_048_576;

/**
 * Shows pages the raw bytes of their own connection, which scripts cannot see. Each piece is sent
 * as one binary message: a byte that is 0 for received and 1 for sent by the server, then the
 * bytes.
 */
export class WireViews {
  private readonly views = new Map<string, Socket<Visitor>>();

  get full(): boolean {
    return this.views.size >= capacity;
  }

  get(id: string): Socket<Visitor> | undefined {
    return this.views.get(id);
  }

  add(socket: Socket<Visitor>, view: WireView): void {
    this.views.set(view.id, socket);
  }

  delete(view: WireView): void {
    this.views.delete(view.id);
  }

  /** @param bytes - Borrowed and copied. */
  show({ view }: Participant, direction: Direction, bytes: Uint8Array): void {
    if (view?.readyState !== "open") return;
    if (view.bufferedAmount > mostBuffered) {
      return view.close(StatusCode.TryAgainLater, "you read too slowly");
    }
    const message = new Uint8Array(1 + bytes.length);
    message[0] = direction === "in" ? 0 : 1;
    message.set(bytes, 1);
    view.send(message);
  }
}
