import { type FrameSpan, splitFrames } from "./frame-span.ts";

export type Role = "client" | "server";

/** The limits of both implementations. */
export interface Limits {
  /** In bytes. */
  readonly maxMessageSize: number;
  readonly maxFragments: number;
}

/** Received bytes and the role of the receiver. */
export interface Situation {
  readonly role: Role;
  readonly limits: Limits;
  readonly stream: Uint8Array;
}

/** The outcome of a stream, in terms common to both implementations. */
export interface Outcome {
  /** Messages, Pings and Pongs in order, each as a kind and the payload in hexadecimal digits. */
  readonly events: readonly string[];
  /** "open", "close <status code> <reason>", or "failed <status code> <error code>". */
  readonly end: string;
}

export type EventKind = "text" | "binary" | "ping" | "pong";

export function eventLine(kind: EventKind, payload: Uint8Array): string {
  return `${kind} ${digitsOf(payload)}`;
}

export function closeLine(statusCode: number, reason: Uint8Array): string {
  return `close ${statusCode} ${digitsOf(reason)}`;
}

export function failureLine(statusCode: number, code: string): string {
  return `failed ${statusCode} ${code}`;
}

export function isDataMessage(event: string): boolean {
  return event.startsWith("text ") || event.startsWith("binary ");
}

/** Returns whether two outcomes have the same events and the same end. */
export function isSame(left: Outcome, right: Outcome): boolean {
  return (
    left.end === right.end &&
    left.events.length === right.events.length &&
    left.events.every((event, index) => event === right.events[index])
  );
}

export function digitsOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

const longestShown = 400;

function shorten(digits: string): string {
  if (digits.length <= longestShown) return digits;
  return `${digits.slice(0, longestShown)}... (${digits.length} characters)`;
}

function describeSpan(frame: FrameSpan, stream: Uint8Array): string {
  return shorten(digitsOf(stream.subarray(frame.start, frame.end)));
}

/** Describes a situation frame by frame in hexadecimal digits. */
export function describeSituation({ role, limits, stream }: Situation): string {
  const frames = splitFrames(stream).map((frame) => describeSpan(frame, stream));
  const { maxMessageSize, maxFragments } = limits;
  return [
    `received by a ${role}, at most ${maxMessageSize} bytes and ${maxFragments} fragments a message:`,
    ...frames.map((digits) => `  ${digits}`),
  ].join("\n");
}

export function describeOutcome({ events, end }: Outcome): string {
  return [...events, end].map((line) => `  ${shorten(line)}`).join("\n");
}
