import { FrameInspector, type InspectedFrame } from "@framewright/codec/inspect";
import type { Direction } from "framewright";
import { describeFrame } from "../inspect/frame-text.ts";

/** Which frames are shown. */
export type WatchedFrames = "pings" | "all";

const opcodePing = 0x9;
const opcodePong = 0xa;

/** Finds the frames on the wire of an open connection, and shows them. */
export class FrameWatch {
  private readonly inspectors: Readonly<Record<Direction, FrameInspector>>;
  private readonly watched: WatchedFrames;
  private readonly show: (line: string) => void;

  constructor(watched: WatchedFrames, show: (line: string) => void) {
    // Payloads are not shown, so only what a control frame may have is kept of them.
    const limits = { maxPayloadLength: 125, maxMessageLength: 0 };
    this.inspectors = {
      in: new FrameInspector({ ...limits, role: "client", deflate: {} }),
      out: new FrameInspector({ ...limits, role: "server", deflate: {} }),
    };
    this.watched = watched;
    this.show = show;
  }

  /** Takes bytes of the wire, in pieces of any size. */
  take(direction: Direction, bytes: Uint8Array): void {
    const inspector = this.inspectors[direction];
    inspector.push(bytes);
    for (let frame = inspector.next(); frame !== undefined; frame = inspector.next()) {
      if (this.isWatched(frame)) this.show(`${direction === "in" ? "<-" : "->"} ${lineOf(frame)}`);
    }
  }

  private isWatched({ opcode }: InspectedFrame): boolean {
    return this.watched === "all" || opcode === opcodePing || opcode === opcodePong;
  }
}

function lineOf(frame: InspectedFrame): string {
  const { opcode, unmasked } = frame;
  const isControl = opcode === opcodePing || opcode === opcodePong;
  const text = isControl ? new TextDecoder().decode(unmasked) : "";
  return `${describeFrame(frame)}${text === "" ? "" : ` ${JSON.stringify(text)}`}`;
}
