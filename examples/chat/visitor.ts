import type { Socket } from "@framewright/websocket";

/** Someone in the room. */
export interface Participant {
  readonly kind: "participant";
  readonly id: number;
  name: string;
  /** Where the raw bytes of this participant's connection are shown, if anywhere. */
  readonly view: Socket<Visitor> | undefined;
  /** Has answered since the last ping. */
  alive: boolean;
}

/** A page's second connection: it is shown the bytes of the first one. */
export interface WireView {
  readonly kind: "view";
  /** Drawn by the page, 128 random bits: nobody else can attach a connection to this view. */
  readonly id: string;
  alive: boolean;
}

/** `socket.data` of every connection. */
export type Visitor = Participant | WireView;
