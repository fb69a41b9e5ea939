import { globals } from "./globals.ts";
import { UnsupportedError } from "./unsupported-error.ts";

/** A runtime that has a transport package. */
export type RuntimeName = "node" | "deno" | "bun";

const titles: Readonly<Record<RuntimeName, string>> = { node: "Node", deno: "Deno", bun: "Bun" };

/** The runtime that executes this program; undefined if no transport package is for it. */
export function currentRuntime(): RuntimeName | undefined {
  // Deno and Bun have `versions.node` too.
  const versions = globals.process?.versions;
  if (versions?.deno !== undefined) return "deno";
  if (versions?.bun !== undefined) return "bun";
  return versions?.node === undefined ? undefined : "node";
}

/**
 * Checks that a transport package is used on its own runtime.
 *
 * @param needed - The runtime that the package is for; undefined if it works on any.
 * @throws UnsupportedError with the code WS_ERR_WRONG_RUNTIME that names the right package.
 */
export function checkRuntime(needed: RuntimeName | undefined): void {
  const current = currentRuntime();
  if (needed !== undefined && current !== needed) throw wrongRuntime(needed, current);
}

/** Returns the error for a transport package on another runtime than its own. */
export function wrongRuntime(
  needed: RuntimeName,
  current: RuntimeName | undefined,
): UnsupportedError {
  const start = `@framewright/${needed}-transport works on ${titles[needed]} alone`;
  const rest =
    current === undefined
      ? "and this runtime has no transport: for a client see framewright/client"
      : `and this is ${titles[current]}: import @framewright/${current}-transport, or framewright, which chooses by itself`;
  return new UnsupportedError(`${start}, ${rest}`, "WS_ERR_WRONG_RUNTIME");
}
