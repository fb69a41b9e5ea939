import { isControl } from "@framewright/codec/frame";
import type { Direction } from "./connection.ts";
import { element, find } from "./element.ts";
import { bytes, describePayload, opcodeName } from "./frame-fields.ts";
import { FrameStream, frameLength, type WireFrame } from "./frame-stream.ts";
import { frameView } from "./frame-view.ts";

/** Maximum number of frames in the list. */
const mostFrames = 40;
/** Maximum length of a payload preview in the list, in UTF-16 units. */
const previewLength = 120;

/** The most recent frames of one room's connection, and the one of them that is looked at. */
export class FrameLog {
  readonly totals = element("p", "totals");
  readonly detail = element("div", "frame-detail", element("p", "empty", "No frames yet."));
  readonly list = element("ol", "frames");
  private readonly follow = find("follow", HTMLInputElement);
  private streams = newStreams();
  private counts = newCounts();
  private selected: HTMLButtonElement | undefined = undefined;

  constructor() {
    this.totals.id = "wire-totals";
    this.detail.id = "frame";
    this.list.id = "frames";
    this.list.setAttribute("aria-labelledby", "frames-title");
  }

  /** Starts a new connection. Its streams begin at the start of a frame. */
  start(): void {
    this.streams = newStreams();
    this.counts = newCounts();
    this.showTotals();
    if (this.list.childElementCount > 0) {
      this.list.prepend(element("li", "divider", "a new connection"));
    }
  }

  /** @param piece - Raw bytes of the connection. Borrowed, not modified. */
  push(direction: Direction, piece: Uint8Array): void {
    const counts = this.counts[direction];
    counts.bytes += piece.length;
    for (const frame of this.streams[direction].push(piece)) {
      counts.frames++;
      this.add(direction, frame);
    }
    this.showTotals();
  }

  selectLatest(): void {
    this.list.querySelector("button")?.click();
  }

  private add(direction: Direction, frame: WireFrame): void {
    const line = frameLine(direction, frame);
    line.addEventListener("click", () => {
      this.follow.checked = line === this.list.querySelector("button");
      this.select(line, frame);
    });
    this.list.prepend(element("li", "", line));
    while (this.list.childElementCount > mostFrames) this.list.lastElementChild?.remove();
    if (this.follow.checked) this.select(line, frame);
  }

  private select(line: HTMLButtonElement, frame: WireFrame): void {
    if (this.selected !== undefined) this.selected.ariaPressed = "false";
    this.selected = line;
    line.ariaPressed = "true";
    this.detail.replaceChildren(...frameView(frame));
  }

  private showTotals(): void {
    const { sent, received } = this.counts;
    this.totals.replaceChildren(
      total("↑", "sent", sent.frames, sent.bytes),
      total("↓", "received", received.frames, received.bytes),
    );
  }
}

function newStreams(): Record<Direction, FrameStream> {
  return { sent: new FrameStream(), received: new FrameStream() };
}

function newCounts(): Record<Direction, { frames: number; bytes: number }> {
  return { sent: { frames: 0, bytes: 0 }, received: { frames: 0, bytes: 0 } };
}

function total(arrow: string, direction: string, frames: number, length: number): HTMLElement {
  const made = element("span", direction, `${arrow} ${frames} · ${bytes(length)}`);
  made.title = `${direction}: ${frames} frames in ${bytes(length)}`;
  return made;
}

function frameLine(direction: Direction, frame: WireFrame): HTMLButtonElement {
  const { header } = frame;
  const name = opcodeName(header.opcode);
  const kind = element("span", isControl(header.opcode) ? "opcode control" : "opcode", name);
  const line = element(
    "button",
    "frame",
    element("span", "direction", direction === "sent" ? "↑" : "↓"),
    element("span", "unseen", direction),
    kind,
    element("span", "length", `${frameLength(frame).toLocaleString("en")} B`),
    element("span", "preview", describePayload(frame).slice(0, previewLength)),
  );
  line.type = "button";
  line.ariaPressed = "false";
  Object.assign(line.dataset, { direction, opcode: name, fin: header.fin, masked: header.masked });
  Object.assign(line.dataset, {
    lengthBits: header.lengthBits,
    payloadLength: header.payloadLength,
  });
  return line;
}
