import {
  encodeFrameFields,
  type FrameFields,
  type InspectedFrame,
} from "@framewright/codec/inspect";
import { element } from "../../chat/page/element.ts";
import { bytesText, opcodeName } from "./field-names.ts";
import { hexOf, parseBytes } from "./parse-bytes.ts";
import type { Item } from "./recording.ts";

/** Called with the bytes of the changed frame. */
type Change = (bytes: Uint8Array) => void;

/** Shows a frame's fields with controls that change them. Other fields keep their values. */
export function fieldEditor(
  { frame }: Item,
  faulty: ReadonlySet<string>,
  change: Change,
): HTMLElement[] {
  const title = element("h3", "", "Fields");
  if (!frame.isHeaderComplete || frame.unmasked.length < frame.receivedLength)
    return [
      title,
      element("p", "hint", "A frame that is not here whole cannot be edited, only its bits."),
    ];
  const edit = (changes: Partial<FrameFields>) =>
    change(encodeFrameFields({ ...fieldsOf(frame), ...changes }));
  const rows = [
    flag("fin", "FIN", frame.fin, finMeaning(frame), (fin) => edit({ fin })),
    flag("rsv1", "RSV1", frame.rsv1, rsv1Meaning(frame), (rsv1) => edit({ rsv1 })),
    flag("rsv2", "RSV2", frame.rsv2, reserved, (rsv2) => edit({ rsv2 })),
    flag("rsv3", "RSV3", frame.rsv3, reserved, (rsv3) => edit({ rsv3 })),
    opcodeRow(frame, edit),
    flag("mask", "MASK", frame.masked, maskMeaning(frame), (masked) =>
      edit({ maskingKey: masked ? randomKey() : undefined }),
    ),
    lengthRow(frame, edit),
  ];
  if (frame.maskingKey !== undefined) rows.push(keyRow(frame.maskingKey, edit));
  rows.push(payloadRow(frame, edit));
  for (const row of rows) if (faulty.has(row.dataset.field ?? "")) row.dataset.faulty = "";
  return [title, element("div", "editor", ...rows)];
}

/** The fields as they are: the declared length too, even if it is not the payload's. */
function fieldsOf(frame: InspectedFrame): FrameFields {
  const { fin, rsv1, rsv2, rsv3, opcode, maskingKey, lengthBits, payloadLength } = frame;
  return {
    ...{ fin, rsv1, rsv2, rsv3, opcode, maskingKey, lengthBits, payloadLength },
    payload: frame.unmasked,
  };
}

const reserved = "must be 0: no extension uses it";

function finMeaning({ fin, opcode }: InspectedFrame): string {
  if (opcode >= 8)
    return fin ? "a control frame is never fragmented" : "must be 1 in a control frame";
  return fin ? "the last frame of its message" : "more frames of the message follow";
}

function rsv1Meaning({ rsv1 }: InspectedFrame): string {
  return rsv1 ? "the message is compressed (RFC 7692)" : "not compressed";
}

function maskMeaning({ masked }: InspectedFrame): string {
  return masked ? "as all frames of a client" : "as all frames of a server";
}

function row(field: string, name: string, control: HTMLElement, meaning: string): HTMLElement {
  const label = element("label", "", name);
  label.htmlFor = control.id;
  const about = element("span", "meaning", meaning);
  about.id = `${control.id}-about`;
  control.setAttribute("aria-describedby", about.id);
  const made = element("div", "field", label, element("span", "control", control), about);
  made.dataset.field = field;
  return made;
}

function flag(
  field: string,
  name: string,
  value: boolean,
  meaning: string,
  set: (value: boolean) => void,
) {
  const box = element("input", "");
  box.type = "checkbox";
  box.id = `edit-${field}`;
  box.checked = value;
  box.addEventListener("change", () => set(box.checked));
  return row(field, name, box, meaning);
}

function opcodeRow(
  frame: InspectedFrame,
  edit: (changes: Partial<FrameFields>) => void,
): HTMLElement {
  const select = element("select", "");
  select.id = "edit-opcode";
  for (let opcode = 0; opcode < 16; opcode++) {
    const digit = opcode.toString(16).toUpperCase();
    const option = element("option", "", `${digit} · ${opcodeName(opcode)}`);
    option.value = String(opcode);
    option.selected = opcode === frame.opcode;
    select.append(option);
  }
  select.addEventListener("change", () => edit({ opcode: Number(select.value) }));
  return row("opcode", "Opcode", select, kindOf(frame.opcode));
}

function kindOf(opcode: number): string {
  if ((opcode > 2 && opcode < 8) || opcode > 10) return "reserved for later versions";
  return opcode >= 8 ? "control frame" : "data frame";
}

function lengthRow(
  frame: InspectedFrame,
  edit: (changes: Partial<FrameFields>) => void,
): HTMLElement {
  const { lengthBits, payloadLength, receivedLength, isShortestLength } = frame;
  const input = element("input", "mono");
  input.id = "edit-payloadLength";
  input.inputMode = "numeric";
  input.value = String(payloadLength);
  const form = element("select", "");
  form.id = "edit-lengthBits";
  form.ariaLabel = "Form of the payload length";
  for (const bits of [7, 16, 64] as const) {
    const option = element("option", "", `${bits} bits`);
    option.value = String(bits);
    option.selected = bits === lengthBits;
    option.disabled = payloadLength > (bits === 7 ? 125n : bits === 16 ? 65_535n : 2n ** 64n);
    form.append(option);
  }
  form.addEventListener("change", () => edit({ lengthBits: Number(form.value) as 7 | 16 | 64 }));
  input.addEventListener("change", () => {
    const isNumber = /^\d{1,20}$/.test(input.value);
    const value = isNumber ? BigInt(input.value) : -1n;
    if (!mark(input, value >= 0n && value < 2n ** 64n, "A whole number of bytes below 2^64"))
      return;
    edit({ payloadLength: value, lengthBits: undefined });
  });
  const received =
    BigInt(receivedLength) === payloadLength ? "" : `, ${bytesText(receivedLength)} are here`;
  const shortest = isShortestLength ? "the shortest form" : "not the shortest form";
  const made = row("payloadLength", "Payload length", input, `${shortest}${received}`);
  input.parentElement?.append(form);
  return made;
}

function keyRow(key: number, edit: (changes: Partial<FrameFields>) => void): HTMLElement {
  const input = element("input", "mono");
  input.id = "edit-maskingKey";
  input.value = hexOf(new Uint8Array(Uint32Array.of(key).buffer).reverse());
  input.addEventListener("change", () => {
    const digits = input.value.replace(/\s/g, "");
    if (!mark(input, /^[0-9a-f]{8}$/i.test(digits), "Eight hex digits")) return;
    edit({ maskingKey: Number.parseInt(digits, 16) });
  });
  return row("maskingKey", "Masking-key", input, "the payload is masked with it again");
}

function payloadRow(
  frame: InspectedFrame,
  edit: (changes: Partial<FrameFields>) => void,
): HTMLElement {
  const area = element("textarea", "mono");
  area.id = "edit-payload";
  area.rows = 3;
  area.spellcheck = false;
  const text = editableText(frame);
  area.value = text ?? hexOf(frame.unmasked);
  area.addEventListener("input", () => {
    const parsed =
      text === undefined ? parseBytes(hexPrefix(area.value)) : new TextEncoder().encode(area.value);
    if (!mark(area, typeof parsed !== "string", String(parsed))) return;
    const payload = parsed instanceof Uint8Array ? parsed : (parsed as { bytes: Uint8Array }).bytes;
    edit({ payload, payloadLength: undefined, lengthBits: undefined });
  });
  return row(
    "payload",
    text === undefined ? "Payload, hex" : "Payload, text",
    area,
    "unmasked; the length follows it",
  );
}

/** Hex alone: "beef" is no base64 here. */
function hexPrefix(text: string): string {
  return /^[0-9a-f\s]*$/i.test(text) ? text : "?";
}

/** The payload as text, if it is text that an editor gives back unchanged. */
function editableText({ opcode, rsv1, unmasked, text }: InspectedFrame): string | undefined {
  if (opcode !== 1 || rsv1 || text === undefined || /[\r\ufffd]/.test(text)) return undefined;
  return unmasked.length > 20_000 ? undefined : text;
}

function mark(
  control: HTMLInputElement | HTMLTextAreaElement,
  isValid: boolean,
  message: string,
): boolean {
  control.ariaInvalid = String(!isValid);
  const about = document.getElementById(`${control.id}-about`);
  if (!isValid && about !== null) about.textContent = message;
  return isValid;
}

function randomKey(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
