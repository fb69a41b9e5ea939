import { createHash } from "node:crypto";
import type { Ending, ExpectedFrame, Script } from "./cases/connection-case.ts";
import { closePayload, opcodes, type ReceivedFrame, type Role } from "./frame-bytes.ts";

/** What came from a subject, one line for each frame and one for the end: easy to compare and to read. */
export type Transcript = readonly string[];

/** The last line when TCP ended. */
export const endLine = "end of TCP";

/** How a script ends that says nothing about it, but for the bytes. */
const normalClosure: Ending = { how: "closed", send: [], statusCode: 1000, reason: "" };

/** Says what is expected of a script. */
export function expectedTranscript(script: Script, subject: Role): Transcript {
  const { exchanges, ending = normalClosure } = script;
  const line = (frame: ExpectedFrame) =>
    frameLine(frame.opcode, frame.payload, subject === "client");
  const lines = exchanges.flatMap((exchange) => exchange.receive.map(line));
  if (ending.how === "cut off") return [...lines, endLine];
  if (ending.how === "closed") lines.push(...(ending.receive ?? []).map(line));
  const close = { opcode: opcodes.close, payload: closePayload(ending.statusCode) };
  return [...lines, line(close), endLine];
}

/** Says what a client has to report on a script's end; a failure's reason is for people. */
export function expectedReport(script: Script): object {
  const { ending = normalClosure } = script;
  switch (ending.how) {
    case "closed":
      return { statusCode: ending.statusCode ?? 1005, reason: ending.reason, wasClean: true };
    case "failed":
      return { statusCode: ending.statusCode, wasClean: false };
    case "cut off":
      return { statusCode: 1006, reason: "", wasClean: false };
  }
}

/** Says what a frame holds, and what is wrong with its form; undefined stands for the end. */
export function receivedLine(frame: ReceivedFrame | undefined): string {
  if (frame === undefined) return endLine;
  const faults = [
    frame.fin ? "" : ", fragment",
    frame.rsv === 0 ? "" : `, rsv ${frame.rsv}`,
    frame.isShortestForm ? "" : ", length not in its shortest form",
  ];
  return frameLine(frame.opcode, frame.payload, frame.masked) + faults.join("");
}

function frameLine(opcode: number, payload: Uint8Array, masked: boolean): string {
  const kind = Object.entries(opcodes).find(([, value]) => value === opcode)?.[0] ?? opcode;
  return `${masked ? "masked" : "unmasked"} ${kind} ${payloadText(opcode, payload)}`;
}

function payloadText(opcode: number, payload: Uint8Array): string {
  const bytes = Buffer.from(payload);
  // What a Close frame's reason says is for people.
  if (opcode === opcodes.close && bytes.length >= 2) return String(bytes.readUInt16BE(0));
  if (bytes.length <= 32) return `${bytes.length}: ${bytes.toString("hex")}`;
  return `${bytes.length}: sha256 ${createHash("sha256").update(bytes).digest("hex")}`;
}
