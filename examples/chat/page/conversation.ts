import type { Person, Said } from "../protocol.ts";
import { element } from "./element.ts";
import { avatar, nameElement } from "./people.ts";

/** Maximum number of messages and notes in the page. */
const mostEntries = 500;
/** A person's messages within this time are grouped, in milliseconds. */
const groupTime = 300_000;
/** Within this distance of the end, in pixels, the view follows new messages. */
const nearEnd = 48;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The messages of a room, and notes about participants who join and leave. */
export class Conversation {
  /** The messages, and a button that leads to those that are out of view. */
  readonly view: HTMLElement;
  private readonly messages = element("div", "messages");
  private readonly empty = element("p", "empty", "Nothing has been said yet.");
  private readonly newer = element("button", "newer");
  /** The message that the next one may be grouped with. A note ends the group. */
  private last: Said | undefined = undefined;
  private unread = 0;
  private wasAtEnd = true;

  constructor() {
    const { messages, newer } = this;
    messages.role = "log";
    messages.ariaLive = "polite";
    messages.ariaLabel = "Messages";
    messages.tabIndex = 0; // what scrolls must be reachable by keyboard
    messages.append(this.empty);
    newer.type = "button";
    newer.hidden = true;
    this.view = element("div", "room", messages, newer);
    this.view.hidden = true;
    newer.addEventListener("click", () => this.showEnd());
    messages.addEventListener("scroll", () => {
      if (this.isShown && this.isAtEnd) this.read();
    });
    messages.addEventListener("scrollend", () => {
      if (this.isShown) this.wasAtEnd = this.isAtEnd;
    });
    // Neither resizing the window nor showing the room again may scroll the end out of view.
    new ResizeObserver(() => {
      if (this.wasAtEnd && this.isShown) this.showEnd();
    }).observe(messages);
  }

  /** Whether the messages are in view, as those of one room are. */
  get isShown(): boolean {
    return !this.view.hidden;
  }

  set isShown(isShown: boolean) {
    this.view.hidden = !isShown;
  }

  say(said: Said, own: boolean): void {
    const { last } = this;
    const continued =
      last !== undefined && last.id === said.id && said.time - last.time < groupTime;
    const article = element("article", "message");
    article.classList.toggle("own", own);
    article.classList.toggle("continued", continued && last.name === said.name);
    article.append(
      avatar(said),
      element("header", "", nameElement(own ? `${said.name} (you)` : said.name), time(said.time)),
      element("p", "text", said.text),
    );
    article.title = clock.format(said.time);
    this.last = said;
    this.append(article, own, true);
  }

  note(at: number, ...parts: readonly (Node | string)[]): void {
    this.last = undefined;
    this.append(element("p", "note", ...parts, " ", time(at)), false, false);
  }

  joined({ name, time }: Person & { time: number }): void {
    this.note(time, nameElement(name), " joined");
  }

  left({ name, time }: Person & { time: number }): void {
    this.note(time, nameElement(name), " left");
  }

  renamed(was: string, name: string, at: number): void {
    this.note(at, nameElement(was), " is now ", nameElement(name));
  }

  /** Appends an entry. The view follows it if it is at the end or `follow` is set. */
  private append(entry: HTMLElement, follow: boolean, counts: boolean): void {
    const isAtEnd = this.isShown ? this.isAtEnd : this.wasAtEnd;
    this.empty.hidden = true;
    this.messages.append(entry);
    // The first child is the text shown when the room is empty.
    while (this.messages.childElementCount > mostEntries + 1) this.messages.children[1].remove();
    if (isAtEnd || follow) return this.showEnd();
    if (!counts) return;
    this.unread++;
    this.newer.textContent =
      this.unread === 1 ? "1 new message ↓" : `${this.unread} new messages ↓`;
    this.newer.hidden = false;
  }

  private get isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.messages;
    return scrollHeight - scrollTop - clientHeight < nearEnd;
  }

  private showEnd(): void {
    this.wasAtEnd = true;
    this.messages.scrollTop = this.messages.scrollHeight;
    this.read();
  }

  private read(): void {
    this.unread = 0;
    this.newer.hidden = true;
  }
}

function time(at: number): HTMLTimeElement {
  const shown = element("time", "", clock.format(at));
  shown.dateTime = new Date(at).toISOString();
  return shown;
}
