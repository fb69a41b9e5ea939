import type { Socket } from "@framewright/websocket";
import type { Room } from "./room.ts";

/** A person in a room. */
export interface Participant {
  readonly kind: "participant";
  readonly room: Room;
  readonly id: number;
  name: string;
  /** The connection that shows the raw bytes of this participant's connection, if any. */
  readonly view: Socket<Visitor> | undefined;
  /** Whether a Pong has arrived since the last Ping. */
  alive: boolean;
}

/** A page's second connection, which shows the bytes of the first. */
export interface WireView {
  readonly kind: "view";
  /**
   * 128 random bits drawn by the page, so that no other page can attach a connection to this view.
   */
  readonly id: string;
  alive: boolean;
}

/** `socket.data` of every connection. */
export type Visitor = Participant | WireView;
