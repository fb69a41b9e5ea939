import { globals } from "./globals.ts";

/** The environment variable that forbids the use of undocumented members. */
const variable = "FRAMEWRIGHT_NO_INTERNALS";

/** The used parts of the runtime's globals. */
interface Environment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly Deno?: {
    readonly permissions: { querySync(of: { name: "env"; variable: string }): { state: string } };
  };
}

/** Read once: a process uses the same code for all its connections. */
let isAllowed: boolean | undefined;

/**
 * Whether members of the runtime that it does not document may be used; see
 * docs/runtime-internals.md. The environment variable `FRAMEWRIGHT_NO_INTERNALS=1` forbids it.
 */
export function mayUseInternals(): boolean {
  isAllowed ??= allowsInternals(globals as unknown as Environment);
  return isAllowed;
}

/**
 * Reads the environment variable. On Deno it counts as not set if the program may not read it: it
 * must work without that permission, and the user must not be asked for it.
 */
export function allowsInternals({ process, Deno }: Environment): boolean {
  if (
    Deno !== undefined &&
    Deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  )
    return true;
  return process?.env?.[variable] !== "1";
}
