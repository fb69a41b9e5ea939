import { createHash } from "node:crypto";
import type { Ending, ExpectedFrame, Script } from "./cases/connection-case.ts";
import { closePayload, opcodes, type ReceivedFrame, type Role } from "./frame-bytes.ts";

/** What a subject sent: one line per frame and one for the end. */
export type Transcript = readonly string[];

/** The last line if TCP ended. */
export const endLine = "end of TCP";

/** The default ending of a script, apart from the bytes. */
const normalClosure: Ending = { how: "closed", send: [], statusCode: 1000, reason: "" };

/** Returns the expected transcript of a script. */
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

/**
 * Returns the expected client report for a script's end. The reason of a failure is not checked.
 */
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

/** Describes a frame and violations of its form; undefined stands for the end. */
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
  // The reason in a Close frame is free text, so it is not compared.
  if (opcode === opcodes.close && bytes.length >= 2) return String(bytes.readUInt16BE(0));
  if (bytes.length <= 32) return `${bytes.length}: ${bytes.toString("hex")}`;
  return `${bytes.length}: sha256 ${createHash("sha256").update(bytes).digest("hex")}`;
}
