import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryPath } from "../../src/runtimes.ts";

/** Returns the full names of all tests in some files, with loops and tables expanded. */
export async function collectTests(paths: readonly string[]): Promise<Map<string, string[]>> {
  const folder = await mkdtemp(join(tmpdir(), "tests-"));
  const report = join(folder, "tests.json");
  const vitest = repositoryPath("node_modules/vitest/vitest.mjs");
  // With "=", because otherwise the first file would be taken as the output file.
  const flags = ["--no-isolate", "--maxWorkers=1", "--staticParse=false", `--json=${report}`];
  try {
    await promisify(execFile)(process.execPath, [vitest, "list", ...flags, ...paths], {
      cwd: repositoryPath("."),
      env: { ...process.env, FRAMEWRIGHT_TEST_DEPTH: "full" },
    });
    const names = new Map<string, string[]>();
    for (const { file, name } of JSON.parse(await readFile(report, "utf8"))) {
      names.set(file, [...(names.get(file) ?? []), name]);
    }
    return names;
  } finally {
    await rm(folder, { recursive: true });
  }
}
