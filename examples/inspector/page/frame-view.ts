import type { InspectedFrame } from "@framewright/codec/inspect";
import { find } from "../../chat/page/element.ts";
import { faultView } from "./fault-view.ts";
import { fieldEditor } from "./field-editor.ts";
import { bytesText, opcodeName } from "./field-names.ts";
import { drawFigure, focusBit } from "./figure.ts";
import { messageView } from "./message-view.ts";
import { payloadView } from "./payload-view.ts";
import type { Item, Recording } from "./recording.ts";

/** Below this width of the window, the drawing has 16 bits in a row. */
const narrow = matchMedia("(max-width: 46rem)");

/** Shows one frame: its faults, the drawing, its fields, payload and message. */
export class FrameView {
  private readonly change: (item: Item, bytes: Uint8Array) => void;
  private shown: (() => void) | undefined = undefined;

  /** @param change - Called with a frame that the user edits, and its new bytes. */
  constructor(change: (item: Item, bytes: Uint8Array) => void) {
    this.change = change;
    narrow.addEventListener("change", () => this.shown?.());
  }

  /** @param item - undefined if there are no frames. */
  show(item: Item | undefined, index: number, count: number, recording: Recording): void {
    this.shown = () => this.show(item, index, count, recording);
    const focus = rememberFocus();
    const title = item === undefined ? "No frame yet" : titleOf(item.frame);
    find("frame-title", HTMLElement).textContent = title;
    const summary = item === undefined ? "" : summaryOf(item, index, count);
    find("frame-summary", HTMLElement).textContent = summary;
    const empty = { faults: [], figure: [], fields: [], payload: [], message: [] };
    const parts = item === undefined ? empty : this.partsOf(item, recording);
    for (const [id, views] of Object.entries(parts))
      find(id, HTMLElement).replaceChildren(...views);
    focus();
    if (item !== undefined) this.announce(`${title}, ${summary}`);
  }

  /** Tells users of screen readers what has changed. */
  announce(text: string): void {
    find("announcer", HTMLElement).textContent = text;
  }

  private partsOf(item: Item, recording: Recording) {
    const faulty = new Set<string>(item.frame.faults.map(({ field }) => fieldIds[field] ?? field));
    const flip = (bit: number) => {
      const bytes = recording.bytesOf(item);
      bytes[bit >> 3] ^= 0x80 >> (bit & 7);
      this.change(item, bytes);
      const figure = document.querySelector<HTMLElement>(".figure");
      if (figure !== null) focusBit(figure, bit);
    };
    const change = (bytes: Uint8Array) => this.change(item, bytes);
    return {
      faults: faultView(item.frame.faults),
      figure: [drawFigure(item, narrow.matches ? 16 : 32, faulty, flip)],
      fields: fieldEditor(item, faulty, change),
      payload: payloadView(item.frame),
      message: messageView(item),
    };
  }
}

/** The parts of a payload are no fields of the drawing. */
const fieldIds: Readonly<Record<string, string>> = { statusCode: "payload", reason: "payload" };

function titleOf({ opcode, fin, message, rsv1 }: InspectedFrame): string {
  const name = opcodeName(opcode);
  if (opcode >= 8) return name;
  const part = message?.position;
  const compressed = rsv1 ? ", compressed" : "";
  if (part === undefined || part === "only") return name + compressed;
  return `${name}, ${fin ? "last" : part === "first" ? "first" : "next"} fragment${compressed}`;
}

function summaryOf({ from, frame }: Item, index: number, count: number): string {
  const { header, offset, payloadLength, faults } = frame;
  const parts = [
    `frame ${index + 1} of ${count}`,
    `from the ${from}`,
    `at byte ${offset}`,
    `${bytesText(header.length)} of header`,
    `${bytesText(payloadLength)} of payload`,
  ];
  if (faults.length > 0) parts.push(faults.length === 1 ? "1 fault" : `${faults.length} faults`);
  return parts.join(" · ");
}

/** Controls are made anew after each change. Returns a function that gives the focus back. */
function rememberFocus(): () => void {
  const active = document.activeElement;
  const id = active?.id ?? "";
  if (!id.startsWith("edit-")) return () => {};
  const isText = active instanceof HTMLTextAreaElement;
  const caret = isText ? active.selectionStart : 0;
  return () => {
    const again = document.getElementById(id);
    again?.focus();
    if (isText && again instanceof HTMLTextAreaElement) again.setSelectionRange(caret, caret);
  };
}
