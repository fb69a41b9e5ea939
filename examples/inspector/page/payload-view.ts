import type { InspectedFrame } from "@framewright/codec/inspect";
import { element } from "../../chat/page/element.ts";
import { bytesText } from "./field-names.ts";

const bytesPerRow = 8;
/** Rows that are shown at first. */
const fewRows = 16;

/** Shows a payload: as received, unmasked and as text, eight bytes in a row. */
export function payloadView(frame: InspectedFrame): HTMLElement[] {
  if (frame.receivedLength === 0) return [];
  const title = element("h3", "", "Payload");
  const size = element("span", "count", bytesText(frame.receivedLength));
  title.append(" ", size);
  const bytes = dump(frame.masked, frame.payload, frame.unmasked, frame.invalidUtf8At);
  return [title, labelled(bytes, "Bytes of the payload")];
}

/** Shows the bytes of a message. */
export function bytesView(bytes: Uint8Array, invalidAt: number | undefined): HTMLElement {
  return labelled(dump(false, bytes, bytes, invalidAt), "Bytes of the message");
}

function dump(
  isMasked: boolean,
  received: Uint8Array,
  unmasked: Uint8Array,
  invalidAt: number | undefined,
): HTMLElement {
  const table = element("table", "dump");
  const names = isMasked ? ["at", "masked", "unmasked", "text"] : ["at", "bytes", "text"];
  const head = element("tr", "");
  for (const name of names) {
    const cell = element("th", "", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = element("tbody", "");
  table.append(element("thead", "", head), body);
  const rowCount = Math.ceil(unmasked.length / bytesPerRow);
  const add = (from: number, to: number) => {
    for (let row = from; row < to; row++) {
      const at = row * bytesPerRow;
      const cells = [element("th", "at", at.toString(16).padStart(4, "0"))];
      cells[0].scope = "row";
      const columns = [hexCell(unmasked, at, invalidAt), textCell(unmasked, at, invalidAt)];
      if (isMasked) columns.unshift(hexCell(received, at, undefined, "masked"));
      body.append(element("tr", "", ...cells, ...columns));
    }
  };
  add(0, Math.min(rowCount, fewRows));
  const box = element("div", "dump-box", table);
  box.tabIndex = 0;
  box.role = "region";
  if (rowCount > fewRows) {
    const more = element("button", "quiet more", `Show all ${bytesText(unmasked.length)}`);
    more.type = "button";
    more.addEventListener("click", () => {
      more.remove();
      add(fewRows, rowCount);
      box.focus();
    });
    return element("div", "", box, more);
  }
  return box;
}

/** Names the part that scrolls, which has to be reached by keyboard. */
function labelled(view: HTMLElement, name: string): HTMLElement {
  const box = view.querySelector(".dump-box") ?? view;
  box.ariaLabel = name;
  return view;
}

function hexCell(bytes: Uint8Array, at: number, invalidAt: number | undefined, className = "") {
  const cell = element("td", className);
  for (let i = at; i < Math.min(at + bytesPerRow, bytes.length); i++) {
    const digits = bytes[i].toString(16).padStart(2, "0");
    cell.append(element(i === invalidAt ? "mark" : "span", "octet-text", digits));
  }
  return cell;
}

function textCell(bytes: Uint8Array, at: number, invalidAt: number | undefined) {
  const cell = element("td", "characters");
  for (let i = at; i < Math.min(at + bytesPerRow, bytes.length); i++) {
    const isPrintable = bytes[i] >= 0x20 && bytes[i] < 0x7f;
    const character = isPrintable ? String.fromCharCode(bytes[i]) : "·";
    cell.append(element(i === invalidAt ? "mark" : "span", isPrintable ? "" : "dot", character));
  }
  return cell;
}
