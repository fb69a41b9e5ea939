import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The root of the repository. */
export const root = resolve(import.meta.dirname, "../..");

export type RuntimeKind = "node" | "deno" | "bun";

/** What starts a program. */
export interface Launcher {
  readonly name: string;
  /**
   * Returns the command line before the script.
   *
   * @param flags - Flags of the runtime.
   */
  command(flags?: readonly string[]): string[];
}

/** One version of a JavaScript runtime. */
export interface Runtime extends Launcher {
  readonly kind: RuntimeKind;
  /** "node 24", "deno", "bun". */
  readonly name: string;
  readonly version: string;
}

const bin = `${root}/node_modules/.bin`;
/** Installed by scripts/test-node-versions.ts. */
const otherNodes = `${root}/.artifacts/node-versions/node_modules`;

function node(executable: string): Runtime {
  const version = firstLine(executable).replace("v", "");
  const name = `node ${version.split(".")[0]}`;
  return { kind: "node", name, version, command: (flags = []) => [executable, ...flags] };
}

/** Also runs every load generator, because its sockets use the least CPU time. */
export const bun: Runtime = {
  kind: "bun",
  name: "bun",
  version: firstLine(`${bin}/bun`),
  command: (flags = []) => [`${bin}/bun`, ...flags],
};

const deno: Runtime = {
  kind: "deno",
  name: "deno",
  version: firstLine(`${bin}/deno`).split(" ")[1],
  command: (flags = []) => [`${bin}/deno`, "run", "-A", "--no-lock", ...flags],
};

/**
 * Finds the runtimes to measure.
 *
 * @param kinds - Runtimes to include; all if empty.
 * @param otherNodeVersions - Whether to include other versions of Node.
 * @param note - Called with a message for each version that is missing.
 */
export function findRuntimes(
  kinds: readonly string[],
  otherNodeVersions: boolean,
  note: (text: string) => void,
): Runtime[] {
  const runtimes = [node(`${bin}/node`)];
  for (const major of otherNodeVersions ? [22, 26] : []) {
    const executable = `${otherNodes}/node-${major}/bin/node`;
    if (existsSync(executable)) runtimes.push(node(executable));
    else note(`Node ${major} is not measured: run "npm run test:node-versions" to install it.`);
  }
  runtimes.push(deno, bun);
  return runtimes.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
}

/** Returns the version of a package that is installed at the root. */
export function packageVersion(name: string): string {
  return JSON.parse(readFileSync(`${root}/node_modules/${name}/package.json`, "utf8")).version;
}

function firstLine(executable: string): string {
  const { stdout, error } = spawnSync(executable, ["--version"], { encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout.split("\n")[0];
}
