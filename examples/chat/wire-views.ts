import { type Direction, type Socket, StatusCode } from "@framewright/websocket";
import type { Participant, Visitor, WireView } from "./visitor.ts";

/** How many pages can look at their bytes. */
const capacity = 200;
/** A view that lets more than this many bytes wait is closed: with a gap, the rest has no meaning. */
const mostBuffered = 1_048_576;

/**
 * Shows pages the raw bytes of their own connection, which no script can see by itself. Each piece
 * goes out as one binary message: a first byte of 0 for what the server received and 1 for what it
 * sent, then the bytes.
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

  /** @param bytes - Borrowed: copied. */
  show({ view }: Participant, direction: Direction, bytes: Uint8Array): void {
    if (view?.readyState !== "open") return;
    if (view.bufferedAmount > mostBuffered) {
      return view.close(StatusCode.TryAgainLater, "you do not keep up");
    }
    const message = new Uint8Array(1 + bytes.length);
    message[0] = direction === "in" ? 0 : 1;
    message.set(bytes, 1);
    view.send(message);
  }
}
