import { element } from "../../chat/page/element.ts";
import { bytesText, opcodeName } from "./field-names.ts";
import { bytesView } from "./payload-view.ts";
import type { Item } from "./recording.ts";

/** UTF-16 units of a text that are shown. */
const mostText = 4_000;

/** Shows the message that a frame belongs to, whole if the frame completes it. */
export function messageView({ frame }: Item): HTMLElement[] {
  const { message, completed, close, opcode } = frame;
  if (opcode === 8 && close !== undefined)
    return closeView(frame.receivedLength < 2 ? undefined : close.statusCode, close.reason);
  if (message === undefined) return controlText(frame);
  const title = element("h3", "", `Message ${message.index + 1}`);
  const kind = opcodeName(message.opcode).toLowerCase();
  if (completed === undefined) {
    const text = `The ${message.position === "first" ? "first" : "next"} frame of a ${kind} message. It is complete with the frame that has FIN set.`;
    return [title, element("p", "hint", text), ...textOf(frame.text)];
  }
  const frames = completed.frameCount === 1 ? "1 frame" : `${completed.frameCount} frames`;
  const size = bytesText(completed.receivedLength);
  const parts = [kind, frames, size];
  if (message.isCompressed) {
    parts.push(
      completed.payload === undefined
        ? "compressed, not decompressed"
        : `decompressed to ${bytesText(completed.length)}`,
    );
  }
  const views: HTMLElement[] = [title, element("p", "hint", parts.join(" · "))];
  views.push(...textOf(completed.text));
  const isOther = message.isCompressed || completed.frameCount > 1;
  if (isOther && completed.payload !== undefined && completed.payload.length > 0)
    views.push(bytesView(completed.payload.subarray(0, 65_536), completed.invalidUtf8At));
  return views;
}

function closeView(statusCode: number | undefined, reason: string): HTMLElement[] {
  const code = statusCode === undefined ? "no status code" : `status code ${statusCode}`;
  return [
    element("h3", "", "Closing handshake"),
    element("p", "hint", reason === "" ? `${code}, no reason` : code),
    ...textOf(reason === "" ? undefined : reason),
  ];
}

function controlText({ opcode }: Item["frame"]): HTMLElement[] {
  if (opcode !== 9 && opcode !== 10) return [];
  const text =
    opcode === 9
      ? "The receiver answers a Ping with a Pong of the same payload."
      : "A Pong answers a Ping, or is a heartbeat without one.";
  return [element("h3", "", "Control frame"), element("p", "hint", text)];
}

function textOf(text: string | undefined): HTMLElement[] {
  if (text === undefined || text === "") return [];
  const shown = text.length > mostText ? `${text.slice(0, mostText)}…` : text;
  const quote = element("pre", "text", shown);
  quote.tabIndex = 0;
  quote.dir = "auto";
  return [quote];
}
