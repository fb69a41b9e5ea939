import { type HeaderField, headerFields } from "@framewright/codec/inspect";
import { element } from "../../chat/page/element.ts";
import { fieldNames } from "./field-names.ts";
import type { Item } from "./recording.ts";

/** A part of the frame in the drawing: bits from `bit` on. */
interface Part {
  readonly id: string;
  readonly label: string;
  readonly bit: number;
  readonly bits: number;
}

/**
 * Draws a frame as the figure of RFC 6455 section 5.2. Each bit of the header is a button that flips
 * it. Arrow keys move between them.
 *
 * @param bitsPerRow - 32 as in the RFC, or 16 on a narrow screen.
 * @param faulty - The fields with faults.
 */
export function drawFigure(
  { frame }: Item,
  bitsPerRow: 16 | 32,
  faulty: ReadonlySet<string>,
  flip: (bit: number) => void,
): HTMLElement {
  const drawing = element("div", "figure");
  drawing.dataset.columns = String(bitsPerRow);
  drawing.role = "group";
  drawing.ariaLabel = "The bits of the header. Arrow keys move, Enter or Space flips a bit.";
  drawing.append(...ruler(bitsPerRow));
  const headerBits = frame.header.length * 8;
  // The rest of the header's last row, and one more row. The whole payload follows below.
  const most = (bitsPerRow - (headerBits % bitsPerRow) + bitsPerRow) / 8;
  const parts = partsOf(
    headerFields(frame.header),
    headerBits,
    Math.min(frame.payload.length, most),
  );
  const end = parts.reduce((last, { bit, bits }) => Math.max(last, bit + bits), 0);
  for (let start = 0; start < end; start += bitsPerRow) {
    const row = (start / bitsPerRow) * 2 + 2; // after the ruler: bits, and their names below
    for (const part of parts) {
      const from = Math.max(part.bit, start);
      const to = Math.min(part.bit + part.bits, start + bitsPerRow);
      if (from >= to) continue;
      const cells =
        part.id === "payload"
          ? payloadCells(frame, from, to, end)
          : bitCells(frame.header, part, from, to, flip);
      const label = element("span", "band", part.label);
      label.ariaHidden = "true";
      label.dataset.long = String(to - from > 3);
      label.style.gridArea = `${row + 1} / ${from - start + 1} / auto / span ${to - from}`;
      for (const cell of cells) cell.style.gridRow = String(row);
      drawing.append(...[...cells, label].map((cell) => placed(cell, part, faulty)));
    }
  }
  moveByArrows(drawing, bitsPerRow);
  return drawing;
}

function placed(cell: HTMLElement, part: Part, faulty: ReadonlySet<string>): HTMLElement {
  cell.dataset.field = part.id;
  if (faulty.has(part.id)) cell.dataset.faulty = "";
  return cell;
}

function partsOf(fields: readonly HeaderField[], headerBits: number, payload: number): Part[] {
  const parts: Part[] = fields.map(({ name, bit, bits }) => ({
    id: name,
    label: fieldNames[name].short,
    bit,
    bits,
  }));
  if (payload > 0) {
    parts.push({ id: "payload", label: "Payload data", bit: headerBits, bits: payload * 8 });
  }
  return parts;
}

/** The numbers of the bits, as above the RFC's figure. */
function ruler(bitsPerRow: number): HTMLElement[] {
  return Array.from({ length: bitsPerRow }, (_, bit) => {
    const number = element("span", "ruler", String(bit));
    number.ariaHidden = "true";
    return number;
  });
}

function bitCells(
  header: Uint8Array,
  part: Part,
  from: number,
  to: number,
  flip: (bit: number) => void,
): HTMLElement[] {
  const cells: HTMLElement[] = [];
  for (let bit = from; bit < to; bit++) {
    const value = (header[bit >> 3] >> (7 - (bit & 7))) & 1;
    const cell = element("button", bit === part.bit ? "bit first" : "bit", String(value));
    cell.type = "button";
    cell.dataset.bit = String(bit);
    cell.tabIndex = bit === 0 ? 0 : -1;
    const place = part.bits === 1 ? "" : ` bit ${bit - part.bit} of ${part.bits}`;
    cell.ariaLabel = `${part.label}${place}: ${value}`;
    cell.ariaPressed = String(value === 1);
    cell.title = `${fieldNames[part.id as HeaderField["name"]].long}, bit ${bit} of the frame`;
    cell.addEventListener("click", () => flip(bit));
    cells.push(cell);
  }
  return cells;
}

function payloadCells(
  { header, payload, receivedLength }: Item["frame"],
  from: number,
  to: number,
  end: number,
) {
  const cells: HTMLElement[] = [];
  for (let bit = from; bit < to; bit += 8) {
    const index = bit / 8 - header.length;
    const isRest = bit === end - 8 && receivedLength > index + 1;
    const text = isRest ? "…" : payload[index].toString(16).padStart(2, "0");
    const cell = element("span", index === 0 ? "octet first" : "octet", text);
    cell.ariaHidden = "true"; // the payload follows below
    cells.push(cell);
  }
  return cells;
}

function moveByArrows(drawing: HTMLElement, bitsPerRow: number): void {
  drawing.addEventListener("keydown", (event) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -bitsPerRow,
      ArrowDown: bitsPerRow,
      Home: -1000,
      End: 1000,
    };
    const step = steps[event.key];
    const bits = [...drawing.querySelectorAll<HTMLButtonElement>("button.bit")];
    const at = bits.indexOf(document.activeElement as HTMLButtonElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    focusBit(drawing, Math.min(Math.max(at + step, 0), bits.length - 1));
  });
}

/** Moves the focus to a bit, which is then the one that Tab reaches. */
export function focusBit(drawing: HTMLElement, bit: number): void {
  for (const cell of drawing.querySelectorAll<HTMLButtonElement>("button.bit")) {
    cell.tabIndex = Number(cell.dataset.bit) === bit ? 0 : -1;
    if (cell.tabIndex === 0) cell.focus();
  }
}
