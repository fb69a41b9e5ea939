/** Messages between page and server: JSON in text messages, over a WebSocket at `/rooms/NAME`. */

/** Maximum length of a nickname in code points. */
export const maxNicknameLength = 24;
/** Maximum length of a room's name in code points. */
export const maxRoomNameLength = 24;
/** Maximum length of a message's text in code points. */
export const maxTextLength = 2_000;

export interface Person {
  /** Unique within one run of the server. */
  readonly id: number;
  readonly name: string;
}

/** The runtime of the server. */
export interface Runtime {
  readonly name: "Node" | "Deno" | "Bun";
  readonly version: string;
}

/** A message that was said. Times are in milliseconds since 1970. */
export interface Said extends Person {
  readonly type: "said";
  /** Number of the message within one run of the server. */
  readonly number: number;
  readonly text: string;
  readonly time: number;
}

/** The first message to a participant who joins. */
export interface Welcome {
  readonly type: "welcome";
  /** The id of the receiver. */
  readonly id: number;
  /** Differs after each start of the server, because numbers and ids start again. */
  readonly run: string;
  readonly runtime: Runtime;
  readonly people: readonly Person[];
  /** The most recent messages, oldest first. */
  readonly history: readonly Said[];
}

export interface Joined extends Person {
  readonly type: "joined";
  readonly time: number;
}

export interface Left extends Person {
  readonly type: "left";
  readonly time: number;
}

export interface Renamed extends Person {
  readonly type: "renamed";
  readonly was: string;
  readonly time: number;
}

export type ServerMessage = Welcome | Joined | Left | Renamed | Said;

export type ClientMessage =
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "rename"; readonly name: string };

/**
 * Control characters, line and paragraph separators and lone surrogates are not allowed in names.
 */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Returns the nickname without surrounding white space, or undefined if it is invalid. */
export function checkNickname(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const name = value.trim();
  if (name.length > 2 * maxNicknameLength || codePoints(name) > maxNicknameLength) return undefined;
  return visible.test(name) && !unfit.test(name) ? name : undefined;
}

const roomName = /^[\p{Ll}\p{Lo}\p{M}\p{N}]+(?:[ _-][\p{Ll}\p{Lo}\p{M}\p{N}]+)*$/u;

/** Returns a room's name as all write it, in lower case, or undefined if it is invalid. */
export function checkRoomName(value: string): string | undefined {
  if (value.length > 2 * maxRoomNameLength) return undefined;
  const name = value.trim().normalize("NFC").toLowerCase();
  return codePoints(name) <= maxRoomNameLength && roomName.test(name) ? name : undefined;
}

/** Returns the text without trailing white space, or undefined if it is empty or too long. */
export function checkText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trimEnd();
  return text === "" || codePoints(text) > maxTextLength ? undefined : text;
}

/** Parses a client's message. Returns undefined for anything else. */
export function parseClientMessage(data: string): ClientMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields.type === "say") {
    const text = checkText(fields.text);
    return text === undefined ? undefined : { type: "say", text };
  }
  if (fields.type === "rename") {
    const name = checkNickname(fields.name);
    return name === undefined ? undefined : { type: "rename", name };
  }
  return undefined;
}

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
