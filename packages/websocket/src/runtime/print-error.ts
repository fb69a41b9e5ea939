import { globals } from "./globals.ts";

let isGuarded = false;

/**
 * Prints an error of user code to the console. Does not throw, whatever the error is and wherever
 * the console leads.
 */
export function printError(text: string, error: unknown): void {
  try {
    if (!isGuarded) guardStandardError();
    globals.console.error(text, error);
  } catch {
    // Deno throws if the disk is full, and all runtimes if the error throws while it is formatted.
  }
}

/**
 * Node's console ignores the first error of its stream alone. The second one, of a full disk or a
 * closed pipe, would end the process.
 */
function guardStandardError(): void {
  isGuarded = true;
  if (globals.Deno === undefined && globals.Bun === undefined)
    globals.process?.stderr?.on("error", () => {});
}
