import { element } from "../../chat/page/element.ts";
import { bytesText, opcodeName } from "./field-names.ts";
import type { Item } from "./recording.ts";

/** Characters of a payload that an entry shows. */
const mostPreview = 60;

/** The list of frames. One is selected; arrow keys, Home and End select others. */
export class FrameList {
  private readonly list: HTMLOListElement;
  private readonly select: (index: number) => void;

  /** @param select - Called when the user selects a frame. */
  constructor(list: HTMLOListElement, select: (index: number) => void) {
    this.list = list;
    this.select = select;
    list.addEventListener("keydown", (event) => this.move(event));
  }

  /** Shows all frames anew. */
  show(items: readonly Item[], selected: number): void {
    this.list.replaceChildren();
    this.append(items, 0);
    this.mark(selected);
  }

  /** Adds frames. `first` is the index of the first of them. */
  append(items: readonly Item[], first: number): void {
    this.list.append(...items.map((item, index) => this.entry(item, first + index)));
  }

  /** Marks the selected frame. */
  mark(selected: number): void {
    const entries = this.buttons();
    entries.forEach((entry, index) => {
      entry.ariaCurrent = index === selected ? "true" : null;
      entry.tabIndex = index === selected ? 0 : -1;
    });
    entries[selected]?.scrollIntoView({ block: "nearest" });
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.list.querySelectorAll("button")];
  }

  private entry(item: Item, index: number): HTMLLIElement {
    const { from, frame } = item;
    const arrow = element("span", "arrow", from === "client" ? "↑" : "↓");
    arrow.ariaHidden = "true";
    const sender = element("span", "unseen", `from the ${from}, `);
    const name = element("span", "name", opcodeName(frame.opcode));
    const size = element("span", "size", bytesText(frame.payloadLength));
    const button = element("button", "entry", arrow, sender, name, size);
    button.type = "button";
    button.dataset.kind = frame.opcode >= 8 ? "control" : "data";
    if (!frame.fin && frame.opcode < 8) name.append(element("span", "more-follows", "…"));
    if (frame.message?.isCompressed === true) button.append(element("span", "tag", "deflate"));
    if (frame.faults.length > 0) {
      const count = frame.faults.length === 1 ? "1 fault" : `${frame.faults.length} faults`;
      button.append(element("span", "tag bad", count));
    }
    const preview = previewOf(item);
    if (preview !== "") button.append(element("span", "preview", preview));
    button.addEventListener("click", () => this.select(index));
    return element("li", "", button);
  }

  private move(event: KeyboardEvent): void {
    const buttons = this.buttons();
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined || at < 0) return;
    event.preventDefault();
    if (buttons[target] === undefined) return;
    this.select(target);
    this.buttons()[target].focus();
  }
}

function previewOf({ frame }: Item): string {
  if (frame.close !== undefined) {
    const { statusCode, reason } = frame.close;
    return frame.receivedLength < 2 ? "" : `${statusCode} ${reason}`.trim().slice(0, mostPreview);
  }
  const text = frame.completed?.text ?? frame.text;
  if (text !== undefined) return text.slice(0, mostPreview);
  const bytes = frame.unmasked.subarray(0, 12);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
