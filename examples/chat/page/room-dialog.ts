import { checkRoomName, maxRoomNameLength } from "../protocol.ts";
import { find } from "./element.ts";

/** Asks for the name of a further room. */
export class RoomDialog {
  private readonly dialog = find("room", HTMLDialogElement);
  private readonly input = find("room-name", HTMLInputElement);
  private readonly fault = find("room-fault", HTMLParagraphElement);
  private readonly chosen: (name: string) => void;

  /** @param chosen - Called with a valid name. */
  constructor(chosen: (name: string) => void) {
    this.chosen = chosen;
    find("room-form", HTMLFormElement).addEventListener("submit", (event) => this.take(event));
    find("room-cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
  }

  open(): void {
    this.input.value = "";
    this.fault.textContent = "";
    this.dialog.showModal();
  }

  private take(event: SubmitEvent): void {
    const name = checkRoomName(this.input.value);
    if (name !== undefined) return this.chosen(name);
    event.preventDefault();
    this.fault.textContent = `A name must have 1 to ${maxRoomNameLength} letters or digits.`;
    this.input.focus();
  }
}
