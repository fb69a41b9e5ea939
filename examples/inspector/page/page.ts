import { element, find } from "../../chat/page/element.ts";
import { bytesText } from "./field-names.ts";
import { FrameList } from "./frame-list.ts";
import { FrameView } from "./frame-view.ts";
import { InputPanel } from "./input-panel.ts";
import { type DeflateMode, type Item, maxItems, type Piece, Recording } from "./recording.ts";
import { samples } from "./samples.ts";
import { decodeShare, encodeShare } from "./share.ts";

/** What is shown, and how the user got there. */
class Page {
  private recording = new Recording("auto");
  private selected = 0;
  private readonly list = new FrameList(find("frames", HTMLOListElement), (index) =>
    this.select(index),
  );
  private readonly view = new FrameView((item, bytes) => this.change(item, bytes));
  private readonly input = new InputPanel({
    load: (pieces, mode) => this.load(pieces, mode, 0),
    show: (recording) => this.show(recording),
    appended: (recording, items) => this.append(recording, items),
  });

  start(): void {
    find("share", HTMLButtonElement).addEventListener("click", () => this.share());
    addEventListener("hashchange", () => this.openFragment());
    if (!this.openFragment()) this.input.useSample(samples[0]);
  }

  /** Shows bytes anew. */
  private load(pieces: readonly Piece[], mode: DeflateMode, selected: number): void {
    const recording = new Recording(mode, pieces);
    recording.end();
    this.recording = recording;
    this.selected = Math.min(selected, Math.max(recording.items.length - 1, 0));
    this.render();
  }

  private show(recording: Recording): void {
    this.recording = recording;
    this.selected = 0;
    this.render();
  }

  /** Shows new frames of the recording that is shown. */
  private append(recording: Recording, items: readonly Item[]): void {
    if (recording !== this.recording) return;
    const before = recording.items.length - items.length;
    this.list.append(items, before);
    if (before === 0) this.render();
    else this.renderNotes();
  }

  private change(item: Item, bytes: Uint8Array): void {
    const pieces = this.recording.replaced(item, bytes);
    this.load(pieces, this.recording.mode, this.selected);
    this.input.showPieces(pieces, this.recording.mode);
  }

  private select(index: number): void {
    this.selected = index;
    this.list.mark(index);
    this.renderFrame();
  }

  private render(): void {
    this.list.show(this.recording.items, this.selected);
    this.renderNotes();
    this.renderFrame();
  }

  private renderFrame(): void {
    const { items } = this.recording;
    this.view.show(items[this.selected], this.selected, items.length, this.recording);
  }

  private renderNotes(): void {
    const { items, handshakes, endFaults, isCut, isDeflateAssumed } = this.recording;
    find("count", HTMLElement).textContent = items.length === 0 ? "" : String(items.length);
    const notes = handshakes.map(({ kind, startLine, length, deflate, faults }) => {
      const compression = deflate === undefined ? "" : ", permessage-deflate";
      const line = element("code", "", startLine === "" ? kind : startLine);
      const note = element("li", "", line, ` ${bytesText(length)}${compression}`);
      for (const { message, section } of faults)
        note.append(element("strong", "", ` ${message} (section ${section})`));
      return note;
    });
    const texts = endFaults.map(
      ({ message, section }) => `At the end, ${message} (section ${section}).`,
    );
    if (isDeflateAssumed) texts.push("RSV1 is set, so permessage-deflate is assumed.");
    if (isCut) texts.push(`The rest is left out: the page shows 4 MiB and ${maxItems} frames.`);
    notes.push(...texts.map((text) => element("li", "", text)));
    find("notes", HTMLUListElement).replaceChildren(...notes);
  }

  private async share(): Promise<void> {
    const { pieces, mode } = this.recording;
    const fragment = await encodeShare({ mode, selected: this.selected, pieces });
    if (fragment === undefined) return this.view.announce("This is too long for a link.");
    history.replaceState(null, "", `#${fragment}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    const button = find("share", HTMLButtonElement);
    button.textContent = copied ? "Copied" : "It is in the address bar";
    this.view.announce(copied ? "The link is copied." : "The link is in the address bar.");
    setTimeout(() => {
      button.textContent = "Copy link";
    }, 2_000);
  }

  /** Shows what the URL's fragment carries. Returns whether it carries something. */
  private openFragment(): boolean {
    const shared = decodeShare(location.hash.slice(1));
    if (shared === undefined) return false;
    this.load(shared.pieces, shared.mode, shared.selected);
    this.input.showPieces(shared.pieces, shared.mode);
    return true;
  }
}

new Page().start();
