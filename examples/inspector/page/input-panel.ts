import type { Sender } from "@framewright/codec/inspect";
import { element, find } from "../../chat/page/element.ts";
import { type CapturedConnection, isCapture, readCapture } from "./capture.ts";
import { bytesText } from "./field-names.ts";
import { LivePanel } from "./live-panel.ts";
import { formatHex, parseBytes } from "./parse-bytes.ts";
import {
  type DeflateMode,
  deflateModes,
  type Item,
  likelySender,
  maxLength,
  type Piece,
  type Recording,
} from "./recording.ts";
import { type Sample, samples } from "./samples.ts";

/** What the panel does with what the user gives. */
export interface InputHandlers {
  load(pieces: readonly Piece[], mode: DeflateMode): void;
  /** Shows a live recording. */
  show(recording: Recording): void;
  /** A live recording has new frames. */
  appended(recording: Recording, items: readonly Item[]): void;
}

/** Longest file that is read. */
const maxFileLength = 67_108_864;

/** Where bytes come from: the text field, examples, files and a live proxy. */
export class InputPanel {
  private readonly handlers: InputHandlers;
  private readonly text = find("bytes", HTMLTextAreaElement);
  private readonly state = find("bytes-state", HTMLElement);
  private readonly sender = find("sender", HTMLSelectElement);
  private readonly mode = find("mode", HTMLSelectElement);
  private readonly connection = find("connection", HTMLSelectElement);
  /** What is shown if it does not come from the text field. */
  private pieces: readonly Piece[] | undefined = undefined;
  private captured: readonly CapturedConnection[] = [];
  private readonly live: LivePanel;

  constructor(handlers: InputHandlers) {
    this.handlers = handlers;
    this.live = new LivePanel(this.connection, {
      started: () => this.startLive(),
      show: (recording) => handlers.show(recording),
      appended: (recording, items) => handlers.appended(recording, items),
      state: (text) => this.say(text, false),
    });
    this.text.addEventListener("input", () => this.readText());
    this.sender.addEventListener("change", () => this.readText());
    this.mode.addEventListener("change", () => this.reload());
    this.connection.addEventListener("change", () => this.chooseConnection());
    this.addSamples();
    this.addFiles();
  }

  /** Loads an example. */
  useSample(sample: Sample): void {
    this.text.value = sample.hex;
    this.sender.value = sample.from;
    this.mode.value = sample.mode ?? "auto";
    this.readText();
  }

  /** Shows bytes that came from elsewhere in the text field, unless they are too many. */
  showPieces(pieces: readonly Piece[], mode: DeflateMode): void {
    this.mode.value = mode;
    const senders = new Set(pieces.map(({ from }) => from));
    const bytes = pieces.flatMap((piece) => [...piece.bytes.subarray(0, 65_537)]);
    if (senders.size > 1 || bytes.length > 65_536) {
      this.pieces = pieces;
      this.text.value = "";
      return;
    }
    this.pieces = undefined;
    const [from] = senders;
    if (from !== undefined) this.sender.value = from;
    this.text.value = formatHex(Uint8Array.from(bytes));
    this.say(`${bytesText(bytes.length)} of hex`, false);
  }

  private get chosenMode(): DeflateMode {
    return deflateModes.find((mode) => mode === this.mode.value) ?? "auto";
  }

  private readText(): void {
    const parsed = parseBytes(this.text.value);
    if (typeof parsed === "string") return this.say(parsed, true);
    this.endOthers();
    const { bytes, format } = parsed;
    this.say(
      bytes.length === 0
        ? "Paste hex, base64, a dump or an array. Or drop a capture."
        : `${bytesText(bytes.length)} of ${format}`,
      false,
    );
    this.loadBytes(bytes);
  }

  private loadBytes(bytes: Uint8Array): void {
    const chosen = this.sender.value;
    const from: Sender = chosen === "client" || chosen === "server" ? chosen : likelySender(bytes);
    this.handlers.load(bytes.length === 0 ? [] : [{ from, bytes }], this.chosenMode);
  }

  /** Reads the same bytes with another choice. */
  private reload(): void {
    if (this.pieces === undefined) this.readText();
    else this.handlers.load(this.pieces, this.chosenMode);
  }

  private say(text: string, isFault: boolean): void {
    this.state.textContent = text;
    this.state.dataset.fault = String(isFault);
    this.text.ariaInvalid = String(isFault);
  }

  /** Ends what is no longer shown. */
  private endOthers(): void {
    this.pieces = undefined;
    this.captured = [];
    this.live.stop();
    find("connection-choice", HTMLElement).hidden = true;
  }

  private startLive(): void {
    this.endOthers();
    this.text.value = "";
    this.connection.replaceChildren();
    find("connection-choice", HTMLElement).hidden = false;
  }

  private chooseConnection(): void {
    if (this.captured.length === 0) return this.live.choose(Number(this.connection.value));
    const chosen = this.captured[Number(this.connection.value)];
    this.pieces = chosen.pieces;
    this.handlers.load(chosen.pieces, this.chosenMode);
    if (chosen.missing > 0)
      this.say(
        `${bytesText(chosen.missing)} are missing in the capture; what follows is left out`,
        true,
      );
  }

  private addSamples(): void {
    const group = find("samples", HTMLElement);
    for (const sample of samples) {
      const button = element("button", "chip", sample.name);
      button.type = "button";
      button.addEventListener("click", () => this.useSample(sample));
      group.append(button);
    }
  }

  private addFiles(): void {
    const file = find("file", HTMLInputElement);
    find("open", HTMLButtonElement).addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      void this.openFile(file.files?.[0]);
      file.value = "";
    });
    const drop = find("drop", HTMLElement);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.hidden = false;
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) drop.hidden = true;
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      drop.hidden = true;
      void this.openFile(event.dataTransfer?.files[0]);
    });
  }

  private async openFile(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    if (file.size > maxFileLength) return this.say("The file is longer than 64 MiB", true);
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.endOthers();
    this.text.value = "";
    if (isCapture(bytes)) return this.openCapture(file.name, bytes);
    const parsed = bytes.length < maxLength ? parseBytes(new TextDecoder().decode(bytes)) : "";
    const found = typeof parsed === "string" ? bytes : parsed.bytes;
    this.say(`${bytesText(found.length)} of ${file.name}`, false);
    const from = likelySender(found);
    this.pieces = [{ from, bytes: found }];
    this.handlers.load(this.pieces, this.chosenMode);
  }

  private openCapture(name: string, bytes: Uint8Array): void {
    try {
      this.captured = readCapture(bytes);
    } catch (error) {
      return this.say((error as Error).message, true);
    }
    if (this.captured.length === 0) {
      this.handlers.load([], this.chosenMode);
      return this.say(`${name} has no WebSocket that can be read; TLS is encrypted`, true);
    }
    const options = this.captured.map((connection, index) => {
      const option = element("option", "", connection.name);
      option.value = String(index);
      return option;
    });
    this.connection.replaceChildren(...options);
    find("connection-choice", HTMLElement).hidden = false;
    const count =
      this.captured.length === 1 ? "1 connection" : `${this.captured.length} connections`;
    this.say(`${count} in ${name}`, false);
    this.chooseConnection();
  }
}
