/** What page and server say to each other: JSON in text messages, on one WebSocket at `/room`. */

/** Longest nickname, in code points. */
export const maxNicknameLength = 24;
/** Longest text that one message may say, in code points. */
export const maxTextLength = 2_000;

export interface Person {
  /** Unique for one run of the server. */
  readonly id: number;
  readonly name: string;
}

/** Which runtime runs the server. */
export interface Runtime {
  readonly name: "Node" | "Deno" | "Bun";
  readonly version: string;
}

/** Times are in milliseconds since 1970. */
export interface Said extends Person {
  readonly type: "said";
  /** Counts the messages of one run of the server. */
  readonly number: number;
  readonly text: string;
  readonly time: number;
}

/** The first message to everyone who comes in. */
export interface Welcome {
  readonly type: "welcome";
  /** The receiver's own. */
  readonly id: number;
  /** Another one after each start of the server: numbers and ids start over. */
  readonly run: string;
  readonly runtime: Runtime;
  readonly people: readonly Person[];
  /** The last messages, oldest first. */
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

/** Controls, line separators and halves of surrogate pairs have no place in a name. */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** The nickname without the space around it, or undefined when it is not one. */
export function checkNickname(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const name = value.trim();
  if (name.length > 2 * maxNicknameLength || codePoints(name) > maxNicknameLength) return undefined;
  return visible.test(name) && !unfit.test(name) ? name : undefined;
}

/** The text without the space at its end, or undefined when it may not be said. */
export function checkText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trimEnd();
  return text === "" || codePoints(text) > maxTextLength ? undefined : text;
}

/** Checks what a client sent. Returns undefined for everything that is not a client's message. */
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
