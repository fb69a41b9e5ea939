import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appendHistory, readHistory } from "../../src/connect/history.ts";

const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));

test("lines are kept for their owner alone, and come back newest first", async () => {
  const file = join(folder, "history");
  expect(await readHistory(file)).toEqual([]);
  for (const line of ["one", "", "two"]) await appendHistory(file, line);
  expect(await readHistory(file)).toEqual(["two", "one"]);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test("without a file nothing is kept, and one that cannot be used is an error", async () => {
  await appendHistory(undefined, "line");
  expect(await readHistory(undefined)).toEqual([]);
  const expected = { code: "WS_ERR_CLI_FILE", message: expect.stringContaining("EISDIR") };
  await expect(readHistory(folder)).rejects.toMatchObject(expected);
  await expect(appendHistory(folder, "line")).rejects.toMatchObject(expected);
});
