import { type FaultField, headerFields, type InspectedFrame } from "@framewright/codec/inspect";
import type { Colours } from "../terminal/colours.ts";
import { escapeText } from "../terminal/escape.ts";
import { opcodeName } from "./frame-text.ts";

/** Bits in a row, as in the figure of RFC 6455 section 5.2. */
const rowBits = 32;
/** Columns of the figure. */
const width = 2 * rowBits + 1;

/** A field, or the part of it that is in one row. */
interface Cell {
  readonly bit: number;
  readonly bits: number;
  readonly name: string;
  readonly value: string;
  readonly fields: readonly FaultField[];
  /** Of a part of the payload: its first byte and the one after its last. */
  readonly payload?: readonly [start: number, end: number];
}

/** Names that stand upright in cells of one bit, and those of wider cells. */
const names: Readonly<Record<string, string>> = {
  fin: "FIN",
  rsv1: "RSV1",
  rsv2: "RSV2",
  rsv3: "RSV3",
  mask: "MASK",
  opcode: "opcode",
  payloadLength: "Payload len",
  extendedPayloadLength: "Extended payload length",
  maskingKey: "Masking-key",
};

const ruler = [
  ` ${"0123".split("").join(" ".repeat(19))}`,
  ` ${Array.from({ length: rowBits }, (_, bit) => bit % 10).join(" ")}`,
];

/**
 * Draws a frame as the figure of RFC 6455 section 5.2. Beside the rows of the payload are its
 * unmasked bytes and their text.
 *
 * @param maxRows - How many rows that have nothing but payload are drawn at most.
 */
export function drawFrame(frame: InspectedFrame, colours: Colours, maxRows: number): string[] {
  const rows = rowsOf(cellsOf(frame, maxRows));
  const lines = ruler.map((line) => colours.dim(line));
  for (const [index, row] of rows.entries()) {
    lines.push(colours.dim(border(rows[index - 1], row)));
    lines.push(...drawRow(row, frame, colours));
  }
  lines.push(colours.dim(border(rows.at(-1), undefined)));
  const drawn = rows.flat().at(-1)?.payload?.[1] ?? 0;
  const rest = frame.receivedLength - drawn;
  if (rest > 0) lines.push(colours.dim(` ... ${rest} more bytes of payload`));
  return lines;
}

function cellsOf(frame: InspectedFrame, maxRows: number): Cell[] {
  const cells = headerFields(frame.header).map(
    ({ name, bit, bits, value }): Cell => ({
      bit,
      bits,
      name: names[name],
      value: name === "opcode" ? opcodeValue(frame.opcode) : String(value),
      fields: [name],
    }),
  );
  const { payload, header } = frame;
  const first = 8 * header.length;
  const rowsEnd = Math.ceil(first / rowBits) * rowBits + maxRows * rowBits;
  const bits = Math.min(8 * payload.length, rowsEnd - first);
  if (bits > 0) {
    const fields: FaultField[] = ["payload", "statusCode", "reason"];
    cells.push({
      bit: first,
      bits,
      name: "Payload Data",
      value: "",
      fields,
      payload: [0, bits / 8],
    });
  }
  return cells;
}

/** The opcode's number and name, in at most 7 columns. */
function opcodeValue(opcode: number): string {
  const name = opcodeName(opcode);
  return `${opcode.toString(16)} ${name === "reserved" ? "resv" : name.slice(0, 5)}`;
}

/** Splits cells where rows end. Bytes of the masking key and the payload are told for each part. */
function rowsOf(cells: readonly Cell[]): Cell[][] {
  const rows: Cell[][] = [];
  for (const cell of cells) {
    const end = cell.bit + cell.bits;
    for (let bit = cell.bit; bit < end; ) {
      const row = Math.floor(bit / rowBits);
      const bits = Math.min(end, (row + 1) * rowBits) - bit;
      const isFirst = bit === cell.bit;
      const name = isFirst || cell.payload !== undefined ? cell.name : `${cell.name} (continued)`;
      const start = (cell.payload?.[0] ?? 0) + (bit - cell.bit) / 8;
      const part = cell.payload && ([start, start + bits / 8] as const);
      rows[row] ??= [];
      rows[row].push({
        ...{ bit: bit % rowBits, bits, fields: cell.fields, value: isFirst ? cell.value : "" },
        name: cell.payload !== undefined && !isFirst ? "" : name,
        ...(part === undefined ? {} : { payload: part }),
      });
      bit += bits;
    }
  }
  return rows;
}

function border(above: readonly Cell[] | undefined, below: readonly Cell[] | undefined): string {
  const line: string[] = [];
  for (const { bit, bits } of [...(above ?? []), ...(below ?? [])]) {
    for (let column = 2 * bit; column <= 2 * (bit + bits); column++) {
      const isCorner = column === 2 * bit || column === 2 * (bit + bits);
      if (isCorner) line[column] = "+";
      else line[column] ??= "-";
    }
  }
  return line.join("");
}

function drawRow(row: readonly Cell[], frame: InspectedFrame, colours: Colours): string[] {
  const hasUpright = row.some(({ bits }) => bits === 1);
  const hasName = row.some(({ name }) => name !== "");
  const height = hasUpright ? 5 : hasName ? 2 : 1;
  const bar = colours.dim("|");
  const faulty = new Set(frame.faults.map(({ field }) => field));
  return Array.from({ length: height }, (_, line) => {
    const cells = row.map((cell) => {
      const text = cellLine(cell, line, height, frame);
      const isFaulty = cell.fields.some((field) => faulty.has(field));
      if (isFaulty) return colours.red(text);
      return line < height - 1 ? text : colours.cyan(text);
    });
    const drawn = `${bar}${cells.join(bar)}${bar}`;
    return line === height - 1 ? drawn + beside(row, frame, colours) : drawn;
  });
}

function cellLine(cell: Cell, line: number, height: number, frame: InspectedFrame): string {
  const { bits, name } = cell;
  if (line === height - 1) return valueLine(cell, frame);
  if (bits === 1) return name[line] ?? " ";
  return centred(line === 0 ? name : "", 2 * bits - 1);
}

/** The value: bytes stand in the middle of their 8 bits. */
function valueLine({ bits, name, value, payload }: Cell, frame: InspectedFrame): string {
  const columns = 2 * bits - 1;
  if (payload !== undefined) return byteColumns(frame.payload.subarray(...payload), columns);
  if (!name.startsWith(names.maskingKey)) return centred(value, columns);
  const end = frame.header.length;
  // The key is the last field of the header, so its rows are those up to the header's end.
  const start = name.endsWith("(continued)") ? end - bits / 8 : end - 4;
  return byteColumns(frame.header.subarray(start, start + bits / 8), columns);
}

function byteColumns(bytes: Uint8Array, columns: number): string {
  const shown = [...bytes].map((byte) => centred(byte.toString(16).padStart(2, "0"), 15));
  return shown.join(" ").padEnd(columns);
}

function centred(text: string, columns: number): string {
  const cut = text.slice(0, columns);
  const left = Math.floor((columns - cut.length) / 2);
  return `${" ".repeat(left)}${cut}`.padEnd(columns);
}

/** What is beside the payload's part of a row: the unmasked bytes and their text. */
function beside(row: readonly Cell[], frame: InspectedFrame, colours: Colours): string {
  const last = row.at(-1);
  if (last?.payload === undefined) return "";
  const bytes = frame.unmasked.subarray(...last.payload);
  const filled = 2 * (last.bit + last.bits) + 1;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const indent = " ".repeat(width - filled + 2);
  const text = frame.message?.isCompressed ? "" : `  ${asciiOf(bytes)}`;
  return `${indent}${colours.green(hex.padEnd(11))}${colours.bold(text)}`;
}

/** Printable ASCII, and dots for everything else. */
function asciiOf(bytes: Uint8Array): string {
  return escapeText(
    [...bytes].map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join(""),
  );
}
