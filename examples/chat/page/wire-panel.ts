import { find } from "./element.ts";
import type { FrameLog } from "./frame-log.ts";

/** The panel "On the wire", which shows the frames of the selected room's connection. */
export class WirePanel {
  private readonly panel = find("wire", HTMLElement);
  private readonly toggle = find("wire-toggle", HTMLButtonElement);
  private readonly follow = find("follow", HTMLInputElement);
  private log: FrameLog | undefined = undefined;

  constructor() {
    // A narrow screen shows either the conversation or this panel.
    this.setShown(!matchMedia("(max-width: 60rem)").matches);
    this.toggle.addEventListener("click", () => this.setShown(this.toggle.ariaExpanded !== "true"));
    this.follow.addEventListener("change", () => {
      if (this.follow.checked) this.log?.selectLatest();
    });
  }

  show(log: FrameLog): void {
    this.log = log;
    find("wire-totals", HTMLParagraphElement).replaceWith(log.totals);
    find("frame", HTMLDivElement).replaceWith(log.detail);
    find("frames", HTMLOListElement).replaceWith(log.list);
    if (this.follow.checked) log.selectLatest();
  }

  private setShown(shown: boolean): void {
    this.panel.hidden = !shown;
    this.toggle.ariaExpanded = String(shown);
  }
}
