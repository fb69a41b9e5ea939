import { element, find } from "./element.ts";

/** The tabs of the rooms, as the ARIA Authoring Practices describe: arrow keys go to the next. */
export class Tabs {
  private readonly list = find("tabs", HTMLDivElement);
  private readonly panel = find("conversation", HTMLElement);
  private readonly tabs = new Map<string, HTMLButtonElement>();
  private readonly chosen: (name: string) => void;
  private nextId = 1;

  /** @param chosen - Called when the user chooses a tab. */
  constructor(chosen: (name: string) => void) {
    this.chosen = chosen;
    this.list.addEventListener("keydown", (event) => this.move(event));
  }

  add(name: string): void {
    const tab = element("button", "tab", element("bdi", "name", name));
    tab.type = "button";
    tab.role = "tab";
    tab.id = `tab-${this.nextId++}`;
    tab.setAttribute("aria-controls", this.panel.id);
    tab.addEventListener("click", () => this.chosen(name));
    this.tabs.set(name, tab);
    this.list.append(tab);
  }

  delete(name: string): void {
    this.tabs.get(name)?.remove();
    this.tabs.delete(name);
  }

  select(name: string): void {
    for (const [other, tab] of this.tabs) {
      const isSelected = other === name;
      tab.ariaSelected = String(isSelected);
      tab.tabIndex = isSelected ? 0 : -1;
      if (!isSelected) continue;
      this.panel.setAttribute("aria-labelledby", tab.id);
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  /** Shows how many messages of a room have not been seen. */
  showUnread(name: string, count: number): void {
    const tab = this.tabs.get(name);
    tab?.querySelector(".count")?.remove();
    if (count === 0) return;
    tab?.append(element("span", "count", String(count), element("span", "unseen", " new")));
  }

  private move(event: KeyboardEvent): void {
    const tabs = [...this.tabs];
    const index = tabs.findIndex(([, tab]) => tab === event.target);
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: index - 1,
      ArrowRight: index + 1,
      Home: 0,
      End: -1,
    };
    const target = targets[event.key];
    if (target === undefined || index < 0) return;
    event.preventDefault();
    const [name, tab] = tabs.at(target % tabs.length) ?? tabs[0];
    this.chosen(name);
    tab.focus();
  }
}
