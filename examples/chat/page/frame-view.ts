import { element } from "./element.ts";
import {
  bytes,
  describePayload,
  type Field,
  headerFields,
  hex,
  opcodeName,
} from "./frame-fields.ts";
import type { WireFrame } from "./frame-stream.ts";

/** As in the figure of RFC 6455 section 5.2. */
const bitsPerRow = 32;
/** Maximum number of payload bytes shown in hexadecimal, and of UTF-16 units shown as text. */
const mostHex = 48;
const mostText = 400;

/** Shows a whole frame: its header drawn bit by bit, its fields and its bytes. */
export function frameView(frame: WireFrame): HTMLElement[] {
  const fields = headerFields(frame);
  return [drawing(frame, fields), fieldTable(fields), byteDump(frame, fields)];
}

/** Draws the header as in RFC 6455 section 5.2. The payload's first bits fill the last row. */
function drawing({ headerBytes, payloadOnWire }: WireFrame, fields: readonly Field[]): HTMLElement {
  const headerBits = headerBytes.length * 8;
  const filler = Math.min(
    (bitsPerRow - (headerBits % bitsPerRow)) % bitsPerRow,
    payloadOnWire.length * 8,
  );
  const shown = new Uint8Array([...headerBytes, ...payloadOnWire.subarray(0, filler / 8)]);
  const all: Field[] = [...fields];
  if (filler > 0) all.push({ ...payloadField, bits: filler });

  const picture = element("div", "bits");
  picture.ariaHidden = "true"; // the table below has the same content
  for (let byte = 0; byte < 4; byte++)
    picture.append(element("span", "byte-number", `byte ${byte}`));
  for (let row = 0; row * bitsPerRow < headerBits + filler; row++) {
    const start = row * bitsPerRow;
    const parts = partsBetween(all, start, start + bitsPerRow);
    for (const { field, from, to } of parts) {
      for (let bit = from; bit < to; bit++)
        picture.append(bitCell(shown, bit, field, bit === from));
    }
    for (const { field, from, to } of parts) picture.append(label(field, from - start, to - start));
  }
  return picture;
}

const payloadField: Field = {
  id: "payload",
  name: "payload",
  shortName: "payload …",
  bits: 0,
  value: "",
  meaning: "",
};

interface Part {
  readonly field: Field;
  readonly from: number;
  readonly to: number;
}

/** Returns the parts of fields that lie in one row of the drawing. */
function partsBetween(fields: readonly Field[], start: number, end: number): Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (const field of fields) {
    const from = Math.max(position, start);
    const to = Math.min(position + field.bits, end);
    if (from < to) parts.push({ field, from, to });
    position += field.bits;
  }
  return parts;
}

function bitCell(shown: Uint8Array, bit: number, field: Field, first: boolean): HTMLElement {
  const value = (shown[bit >> 3] >> (7 - (bit & 7))) & 1;
  const cell = element("span", first ? "bit first" : "bit", String(value));
  cell.dataset.field = field.id;
  cell.title = field.name;
  return cell;
}

function label(field: Field, from: number, to: number): HTMLElement {
  const made = element("span", "bit-label", field.shortName);
  made.dataset.field = field.id;
  made.style.gridColumn = `${from + 1} / ${to + 1}`;
  made.title = field.name;
  return made;
}

function fieldTable(fields: readonly Field[]): HTMLElement {
  const table = element("dl", "fields");
  for (const field of fields) {
    const value = element("dd", "", element("code", "", field.value), " ", field.meaning);
    const row = element("div", "", element("dt", "", field.name), value);
    row.dataset.field = field.id;
    table.append(row);
  }
  return table;
}

function byteDump(frame: WireFrame, fields: readonly Field[]): HTMLElement {
  const { header, headerBytes, payload, payloadOnWire } = frame;
  const rows: [name: string, id: string, value: Node | string][] = [
    ["header", "header-bytes", headerDump(headerBytes, fields)],
  ];
  if (payload.length > 0) {
    if (header.masked)
      rows.push(["masked", "masked-bytes", hexStart(payloadOnWire, header.payloadLength)]);
    rows.push([
      header.masked ? "unmasked" : "payload",
      "payload-bytes",
      hexStart(payload, header.payloadLength),
    ]);
    const text = describePayload(frame);
    const shown = text.length > mostText ? `${text.slice(0, mostText)}…` : text;
    rows.push([opcodeName(header.opcode), "payload-text", shown]);
  }
  const dump = element("dl", "dump");
  for (const [name, id, value] of rows) {
    const code = element("code", "", value);
    const row = element("div", "", element("dt", "", name), element("dd", "", code));
    row.dataset.field = id;
    dump.append(row);
  }
  return dump;
}

/** Shows the header's bytes, each in the colour of the field of its last bit. */
function headerDump(headerBytes: Uint8Array, fields: readonly Field[]): DocumentFragment {
  const dump = document.createDocumentFragment();
  headerBytes.forEach((byte, index) => {
    const [part] = partsBetween(fields, index * 8 + 7, index * 8 + 8);
    const digits = element("span", "", byte.toString(16).padStart(2, "0"));
    digits.dataset.field = part?.field.id ?? "";
    if (index > 0) dump.append(" ");
    dump.append(digits);
  });
  return dump;
}

function hexStart(payload: Uint8Array, length: number): string {
  const start = hex(payload.subarray(0, mostHex));
  return length > mostHex ? `${start} … ${bytes(length)}` : start;
}
