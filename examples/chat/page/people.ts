import type { Person } from "../protocol.ts";
import { element, find } from "./element.ts";

/** Hue step in degrees, the golden angle: neighbouring ids get clearly different colours. */
const goldenAngle = 137.508;

/**
 * Makes a coloured disc with the first letter of a name. It is hidden from screen readers, because
 * the name is next to it.
 */
export function avatar({ id, name }: Person): HTMLElement {
  const [first] = new Intl.Segmenter().segment(name);
  const disc = element("span", "avatar", first.segment.toLocaleUpperCase());
  disc.ariaHidden = "true";
  disc.style.setProperty("--hue", String(Math.round((id * goldenAngle + 210) % 360)));
  return disc;
}

/**
 * Makes an element for a name, isolated from the surrounding text in case it runs right to left.
 */
export function nameElement(name: string): HTMLElement {
  return element("bdi", "name", name);
}

/** The list of participants. */
export class People {
  private readonly list = find("people", HTMLUListElement);
  private readonly count = find("people-count", HTMLSpanElement);

  show(people: Iterable<Person>, ownId: number): void {
    const items = [...people].map((person) => {
      const item = element("li", "", avatar(person), nameElement(person.name));
      if (person.id === ownId) item.append(element("span", "you", "you"));
      return item;
    });
    this.list.replaceChildren(...items);
    this.count.textContent = String(items.length);
  }
}
