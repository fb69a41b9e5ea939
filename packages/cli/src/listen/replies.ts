import { readText } from "../client-options.ts";
import { CliError } from "../errors.ts";
import { decodeBase64, decodeHex } from "../values.ts";

/** A line of a file of replies. */
export interface Reply {
  /** Messages that it answers; undefined for all. Bytes are compared as hex. */
  readonly match: RegExp | undefined;
  /** Undefined for none. */
  readonly data: string | Uint8Array | undefined;
  /** Time until it is sent, in milliseconds. */
  readonly delay: number;
  /** The status code to close with after it; undefined to stay open. */
  readonly close: number | undefined;
}

const keys = ["match", "text", "json", "hex", "base64", "delay", "close"];

/**
 * Reads a file of replies. A line that starts with `{` is JSON:
 * `{"match": "^hello", "text": "hi", "delay": 100, "close": 1000}`, with `json`, `hex` or `base64`
 * instead of `text`. Any other line is the text of a reply to all messages. Empty lines and lines
 * that start with `#` are ignored.
 *
 * @throws CliError that names the line.
 */
export async function readReplies(file: string): Promise<Reply[]> {
  const lines = (await readText(file)).split(/\r?\n/);
  const replies = lines.flatMap((line, index) =>
    line.trim() === "" || line.startsWith("#") ? [] : [parseReply(line, `${file}:${index + 1}`)],
  );
  if (replies.length === 0) throw new CliError("WS_ERR_CLI_FILE", `${file} has no replies`);
  return replies;
}

function parseReply(line: string, place: string): Reply {
  const isObject = line.trimStart().startsWith("{");
  const value = isObject ? parseObject(line, place) : { text: line };
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw fault(place, `there is no "${unknown}"`);
  return {
    match: parseMatch(value.match, place),
    data: parseData(value, place),
    delay: parseNumber(value.delay, "delay", 0, 2 ** 31 - 1, place) ?? 0,
    close: parseNumber(value.close, "close", 1000, 4999, place),
  };
}

type Values = Readonly<Record<string, unknown>>;

function parseObject(line: string, place: string): Values {
  try {
    return JSON.parse(line) as Values;
  } catch (error) {
    throw fault(place, (error as Error).message);
  }
}

function parseMatch(value: unknown, place: string): RegExp | undefined {
  if (value === undefined) return undefined;
  try {
    return new RegExp(String(value), "u");
  } catch (error) {
    throw fault(place, (error as Error).message);
  }
}

function parseData(value: Values, place: string): string | Uint8Array | undefined {
  if (value.json !== undefined) return JSON.stringify(value.json);
  if (value.text !== undefined) return String(value.text);
  if (value.hex !== undefined) return decodeHex(String(value.hex)) ?? never(place, "hex");
  if (value.base64 === undefined) return undefined;
  return decodeBase64(String(value.base64)) ?? never(place, "base64");
}

function never(place: string, form: string): never {
  throw fault(place, `this is no ${form}`);
}

function parseNumber(
  value: unknown,
  name: string,
  min: number,
  max: number,
  place: string,
): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw fault(place, `${name} must be an integer from ${min} to ${max}`);
}

function fault(place: string, message: string): CliError {
  return new CliError("WS_ERR_CLI_FILE", `${place}: ${message}`);
}

/**
 * Chooses the replies of one connection. Those whose `match` fits come first, then those to all
 * messages. If several could be chosen, they take turns.
 */
export class ReplyTurn {
  private readonly specific: Turn;
  private readonly general: Turn;

  constructor(replies: readonly Reply[]) {
    this.specific = new Turn(replies.filter(({ match }) => match !== undefined));
    this.general = new Turn(replies.filter(({ match }) => match === undefined));
  }

  /** The reply to a message; undefined if none matches. */
  take(message: string | Uint8Array): Reply | undefined {
    const text = typeof message === "string" ? message : Buffer.from(message).toString("hex");
    return this.specific.take(text) ?? this.general.take(text);
  }
}

class Turn {
  private readonly replies: readonly Reply[];
  private next = 0;

  constructor(replies: readonly Reply[]) {
    this.replies = replies;
  }

  take(text: string): Reply | undefined {
    const { replies, next } = this;
    for (let step = 0; step < replies.length; step++) {
      const index = (next + step) % replies.length;
      const { match } = replies[index];
      if (match !== undefined && !match.test(text)) continue;
      this.next = index + 1;
      return replies[index];
    }
    return undefined;
  }
}
