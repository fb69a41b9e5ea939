import { checkNickname, maxNicknameLength } from "../protocol.ts";
import { find } from "./element.ts";
import { avatar, nameElement } from "./people.ts";

const storageKey = "framewright.nickname";

/** The nickname. It is requested once, remembered by the browser, and can be changed by a click. */
export class Nickname {
  private readonly dialog = find("nickname", HTMLDialogElement);
  private readonly form = find("nickname-form", HTMLFormElement);
  private readonly title = find("nickname-title", HTMLHeadingElement);
  private readonly input = find("name", HTMLInputElement);
  private readonly fault = find("name-fault", HTMLParagraphElement);
  private readonly cancel = find("nickname-cancel", HTMLButtonElement);
  private readonly submit = find("nickname-submit", HTMLButtonElement);
  private readonly button = find("me", HTMLButtonElement);
  private readonly chosen: (name: string) => void;
  private current: string | undefined = remembered();

  /** @param chosen - Called with each new nickname, including the remembered one. */
  constructor(chosen: (name: string) => void) {
    this.chosen = chosen;
    this.form.addEventListener("submit", (event) => this.take(event));
    this.cancel.addEventListener("click", () => this.dialog.close());
    // The dialog cannot be cancelled without a name.
    this.dialog.addEventListener("cancel", (event) => {
      if (this.current === undefined) event.preventDefault();
    });
    this.button.addEventListener("click", () => this.ask());
  }

  /** Uses the remembered nickname, or asks for one. */
  start(): void {
    if (this.current === undefined) this.ask();
    else this.chosen(this.current);
  }

  /** Shows the nickname in the colour of the person's id. */
  show(id: number, name: string): void {
    this.button.replaceChildren(avatar({ id, name }), nameElement(name));
    this.button.setAttribute("aria-label", `${name}, change nickname`);
    this.button.title = "Change nickname";
    this.button.hidden = false;
  }

  private ask(): void {
    const first = this.current === undefined;
    this.title.textContent = first ? "Choose a nickname" : "Change your nickname";
    this.submit.textContent = first ? "Join the room" : "Change";
    this.cancel.hidden = first;
    this.input.value = this.current ?? "";
    this.fault.textContent = "";
    this.dialog.showModal();
    this.input.select();
  }

  private take(event: SubmitEvent): void {
    const name = checkNickname(this.input.value);
    if (name === undefined) {
      event.preventDefault();
      this.fault.textContent = `A nickname must have 1 to ${maxNicknameLength} characters.`;
      this.input.focus();
      return;
    }
    if (name === this.current) return;
    this.current = name;
    remember(name);
    this.chosen(name);
  }
}

// The browser may refuse to store anything. Then the page asks again next time.

function remembered(): string | undefined {
  try {
    return checkNickname(localStorage.getItem(storageKey));
  } catch {
    return undefined;
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(storageKey, name);
  } catch {
    return;
  }
}
