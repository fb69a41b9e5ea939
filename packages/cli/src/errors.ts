import { withCode } from "@framewright/codec/internal";
import { escapeText } from "./terminal/escape.ts";

/** Stable code of an error that only the command line has. Errors of the library keep theirs. */
export type CliErrorCode =
  | "WS_ERR_CLI_USAGE"
  | "WS_ERR_CLI_FILE"
  | "WS_ERR_CLI_INPUT"
  | "WS_ERR_CLI_ECHO"
  | "WS_ERR_CLI_CAPTURE";

/** An error that the user is told in one line. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode | "WS_ERR_LISTEN_FAILED";

  constructor(code: CliError["code"], message: string, cause?: unknown) {
    super(withCode(message, code), cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** 2 for a command that is wrong in itself, 1 for one that failed. */
  get exitStatus(): number {
    return this.code === "WS_ERR_CLI_USAGE" ? 2 : 1;
  }
}

/** The codes of mistakes in a URL or an option, which the library finds. */
const usageCodes = ["WS_ERR_INVALID_URL", "WS_ERR_INVALID_OPTION", "WS_ERR_INVALID_PROXY"];

/** The exit status of a command that ended with an error. */
export function exitStatusOfError(error: unknown): number {
  if (error instanceof CliError) return error.exitStatus;
  return usageCodes.includes(codeOf(error) ?? "") ? 2 : 1;
}

/**
 * Describes an error in one line that ends with its code, such as
 * `framewright: the server cannot be reached (WS_ERR_CONNECT_FAILED)`.
 *
 * @param isVerbose - Whether the stacks of the error and its causes follow.
 */
export function describeError(error: unknown, isVerbose: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const suffix = code === undefined || message.includes(code) ? "" : ` (${code})`;
  const line = `framewright: ${escapeText(message)}${suffix}\n`;
  return isVerbose ? line + stacks(error) : line;
}

function stacks(error: unknown): string {
  let text = "";
  let current = error;
  // A cycle of causes ends here too.
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const lines = (current.stack ?? "").split("\n").map((line) => `  ${escapeText(line)}\n`);
    text += lines.join("");
    current = current.cause;
  }
  return text;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? escapeText(code) : undefined;
}
