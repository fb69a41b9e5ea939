import { element, find } from "../../chat/page/element.ts";
import { connectLive } from "./live.ts";
import { type Item, Recording } from "./recording.ts";

/** What the panel tells. */
export interface LivePanelHandlers {
  /** The feed is asked for: what was shown before ends. */
  started(): void;
  show(recording: Recording): void;
  appended(recording: Recording, items: readonly Item[]): void;
  state(text: string): void;
}

/** Connections of the feed that are kept; the oldest is dropped for a new one. */
const maxConnections = 20;

/** Connects to a proxy's feed and records each connection that passes through it. */
export class LivePanel {
  private readonly handlers: LivePanelHandlers;
  private readonly connection: HTMLSelectElement;
  private readonly dialog = find("live-dialog", HTMLDialogElement);
  private readonly url = find("live-url", HTMLInputElement);
  private readonly recordings = new Map<number, Recording>();
  private disconnect: (() => void) | undefined = undefined;

  /** @param connection - The select in which connections are listed. */
  constructor(connection: HTMLSelectElement, handlers: LivePanelHandlers) {
    this.connection = connection;
    this.handlers = handlers;
    const isHttp = location.protocol === "http:";
    this.url.value = isHttp ? `ws://${location.host}/live` : "ws://127.0.0.1:8090/live";
    find("live", HTMLButtonElement).addEventListener("click", () => {
      find("live-fault", HTMLElement).textContent = "";
      this.dialog.showModal();
      this.url.select();
    });
    find("live-cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    find("live-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(this.url.value);
    });
  }

  /** Ends the feed. What was recorded stays on the page until something else is shown. */
  stop(): void {
    this.disconnect?.();
    this.disconnect = undefined;
    this.recordings.clear();
  }

  /** Shows a connection. */
  choose(id: number): void {
    const recording = this.recordings.get(id);
    if (recording !== undefined) this.handlers.show(recording);
  }

  private start(url: string): void {
    this.stop();
    try {
      this.disconnect = connectLive(url, {
        opened: (id, name) => this.open(id, name),
        received: (id, from, bytes) => {
          const recording = this.recordings.get(id);
          if (recording === undefined) return;
          const items = recording.append({ from, bytes });
          this.handlers.appended(recording, items);
        },
        ended: (id) => this.handlers.state(`Connection ${id} has ended`),
        stopped: (wasOpen) => this.stopped(url, wasOpen),
      });
    } catch {
      find("live-fault", HTMLElement).textContent = "This is no address of a WebSocket";
      return;
    }
    const { disconnect } = this;
    this.disconnect = undefined; // `started` ends what was shown, but not this
    this.handlers.started();
    this.disconnect = disconnect;
    this.dialog.close();
    this.handlers.state("Live: waiting for a connection through the proxy");
  }

  private open(id: number, name: string): void {
    if (this.recordings.size >= maxConnections) {
      const [oldest] = this.recordings.keys();
      this.recordings.delete(oldest);
      this.connection.options[0]?.remove();
    }
    const recording = new Recording("auto");
    this.recordings.set(id, recording);
    const option = element("option", "", `${id} · ${name}`);
    option.value = String(id);
    this.connection.append(option);
    this.connection.value = String(id);
    this.handlers.state(`Live: ${name}`);
    this.handlers.show(recording);
  }

  private stopped(url: string, wasOpen: boolean): void {
    if (this.disconnect === undefined) return;
    this.disconnect = undefined;
    this.handlers.state(wasOpen ? "The feed has ended" : `No feed answers at ${url}`);
  }
}
