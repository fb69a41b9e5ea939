import type { Runtime } from "../protocol.ts";
import type { Status } from "./connection.ts";
import { element, find } from "./element.ts";

/** Explanations for the status codes (RFC 6455 section 7.4.1) that occur here. */
const causes: Readonly<Record<number, string>> = {
  1000: "the room was closed",
  1001: "the server is going away",
  1006: "no connection to the server",
  1011: "the server had an error",
  1013: "this page read too slowly",
};

/** Shows the server's runtime and the state of the connection. */
export class StatusLine {
  private readonly runtime = find("runtime", HTMLParagraphElement);
  private readonly status = find("status", HTMLParagraphElement);
  private readonly offline = find("offline", HTMLDivElement);
  private readonly offlineText = find("offline-text", HTMLSpanElement);

  /** @param retry - Called when the user asks to reconnect immediately. */
  constructor(retry: () => void) {
    find("retry", HTMLButtonElement).addEventListener("click", retry);
  }

  showRuntime({ name, version }: Runtime): void {
    this.runtime.replaceChildren(element("span", "unseen", "Answered by "), `${name} ${version}`);
    this.runtime.dataset.runtime = name.toLowerCase();
    this.runtime.title = `This room is served by ${name} ${version}`;
    this.runtime.hidden = false;
  }

  showStatus(status: Status): void {
    this.status.dataset.state = status.state;
    if (status.state === "waiting") {
      const { statusCode, seconds } = status;
      const cause = causes[statusCode] ?? "the connection was closed";
      this.say("Reconnecting");
      this.offlineText.textContent = `Disconnected: ${cause} (${statusCode}). Next attempt in ${seconds} s.`;
      this.offline.hidden = false;
    } else {
      this.say(status.state === "open" ? "Connected" : "Connecting");
      if (status.state === "open" || !status.isRetry) this.offline.hidden = true;
    }
  }

  /** Changes the text only if it differs, so that screen readers do not read it every second. */
  private say(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}
