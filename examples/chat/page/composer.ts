import { checkText, codePoints, maxTextLength } from "../protocol.ts";
import { find } from "./element.ts";

/** Show the remaining characters when fewer than this are left. */
const warnBefore = 200;

/** The message field. Enter sends the message; Shift+Enter starts a new line. */
export class Composer {
  private readonly form = find("composer", HTMLFormElement);
  private readonly text = find("text", HTMLTextAreaElement);
  private readonly remaining = find("remaining", HTMLSpanElement);
  private readonly button = find("send", HTMLButtonElement);
  private readonly send: (text: string) => boolean;
  private connected = false;

  /** @param send - Returns whether the text was sent. If not, it stays in the field. */
  constructor(send: (text: string) => boolean) {
    this.send = send;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => this.check());
    this.text.addEventListener("keydown", (event) => {
      // During input method composition, Enter belongs to the input method.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
  }

  setConnected(connected: boolean): void {
    this.connected = connected;
    this.check();
  }

  /** The text that has not been sent. */
  get draft(): string {
    return this.text.value;
  }

  set draft(text: string) {
    this.text.value = text;
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
