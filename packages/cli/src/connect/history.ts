import { appendFile, readFile } from "node:fs/promises";
import { CliError } from "../errors.ts";

/** Number of lines that are read back from a file of history. */
const maxLines = 1_000;

/** Reads the lines that were typed before, the newest first, as `node:readline` wants them. */
export async function readHistory(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  try {
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
    return lines.slice(-maxLines).reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fileError(file, error);
  }
}

/** Appends a line. The file can be read by its owner alone: lines may have secrets. */
export async function appendHistory(file: string | undefined, line: string): Promise<void> {
  if (file === undefined || line === "") return;
  try {
    await appendFile(file, `${line}\n`, { mode: 0o600 });
  } catch (error) {
    throw fileError(file, error);
  }
}

function fileError(file: string, error: unknown): CliError {
  const { code } = error as NodeJS.ErrnoException;
  return new CliError("WS_ERR_CLI_FILE", `cannot use the history ${file}: ${code}`, error);
}
