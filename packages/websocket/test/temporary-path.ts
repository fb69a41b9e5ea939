import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Returns the path of a file that does not exist, short enough for a Unix socket. */
export function temporaryPath(): string {
  return join(tmpdir(), `framewright-${randomUUID().slice(0, 13)}.sock`);
}
