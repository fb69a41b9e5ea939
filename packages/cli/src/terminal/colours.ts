import process from "node:process";
import picocolors from "picocolors";

export type Colours = ReturnType<typeof picocolors.createColors>;

/** The used part of a stream that may be a terminal. */
interface MaybeTerminal {
  readonly isTTY?: boolean | undefined;
}

/**
 * The colours for a stream. `NO_COLOR` turns them off, `FORCE_COLOR` on; otherwise only terminals
 * get them.
 */
export function coloursFor(stream: MaybeTerminal, env = process.env): Colours {
  return picocolors.createColors(hasColours(stream, env));
}

function hasColours(stream: MaybeTerminal, env: NodeJS.ProcessEnv): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  const { FORCE_COLOR: force } = env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}
