import { hex } from "../bytes.ts";
import type { FrameToWrite } from "./frame-writer.ts";

/**
 * The events that a receiver must give for legal frames, in the format of `eventsOf`: each control
 * frame by itself, and each message after its last fragment (section 5.4). Omits Close frames.
 */
export function messagesOf(frames: readonly FrameToWrite[]): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const messages: string[] = [];
  let parts: number[] = [];
  let kind = 0;
  for (const { opcode, payload = [], fin = true } of frames) {
    if (opcode === 9 || opcode === 10) {
      messages.push(`${opcode === 9 ? "ping" : "pong"} ${hex(payload)}`);
    }
    if (opcode >= 8) continue;
    kind = opcode === 0 ? kind : opcode;
    for (const octet of payload) parts.push(octet);
    if (!fin) continue;
    const data = Uint8Array.from(parts);
    messages.push(kind === 1 ? `text ${decoder.decode(data)}` : `binary ${hex(data)}`);
    parts = [];
  }
  return messages;
}
