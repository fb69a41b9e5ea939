import { checkText, codePoints, maxTextLength } from "../protocol.ts";
import { find } from "./element.ts";

/** From this many characters before the limit on, the page says how many are left. */
const warnBefore = 200;

/** Where one writes. Enter sends, Shift+Enter starts a line. */
export class Composer {
  private readonly form = find("composer", HTMLFormElement);
  private readonly text = find("text", HTMLTextAreaElement);
  private readonly remaining = find("remaining", HTMLSpanElement);
  private readonly button = find("send", HTMLButtonElement);
  private readonly send: (text: string) => boolean;
  private connected = false;

  /** @param send - Returns whether the text went out; otherwise it stays where it is. */
  constructor(send: (text: string) => boolean) {
    this.send = send;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => this.check());
    this.text.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
  }

  setConnected(connected: boolean): void {
    this.connected = connected;
    this.check();
  }

  focus(): void {
    this.text.focus();
  }

  private submit(): void {
    const text = checkText(this.text.value);
    if (text === undefined || !this.connected || !this.send(text)) return;
    this.text.value = "";
    this.check();
    this.focus();
  }

  private check(): void {
    const { value } = this.text;
    const left = maxTextLength - codePoints(value.trimEnd());
    this.remaining.textContent = left < warnBefore ? `${left} left` : "";
    this.remaining.classList.toggle("over", left < 0);
    this.button.disabled = !this.connected || checkText(value) === undefined;
  }
}
