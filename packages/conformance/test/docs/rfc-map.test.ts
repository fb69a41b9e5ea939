import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";
import { declares, parseRfcMap } from "./rfc-map.ts";
import { rfcPages } from "./rfc-sections.ts";

/** Returns the full names of all tests in some files, with loops and tables expanded. */
async function collectTests(paths: readonly string[]): Promise<Map<string, string[]>> {
  const folder = await mkdtemp(join(tmpdir(), "rfc-map-"));
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

describe.each(rfcPages)("$page", ({ page, sections }) => {
  const map = parseRfcMap(readFileSync(repositoryPath(page), "utf8"));
  const { statements } = map;

  test("has rows that name the code and a test", () => {
    expect(map.faults).toEqual([]);
  });

  test("numbers the statements of each section from 1 without gaps", () => {
    const expected = sections.flatMap(([section]) =>
      statements.filter((row) => row.section === section).map((_, i) => `${section}-${i + 1}`),
    );
    expect(statements.map(({ number }) => number)).toEqual(expected);
  });

  test.each(sections)("has all of section %s", (section, count) => {
    const rows = statements.filter((row) => row.section === section);
    expect(rows.length).toBeGreaterThan(0);
    const required = rows.filter(({ keyword }) => /^(?:MUST|SHOULD)/.test(keyword));
    expect(required.length).toBeGreaterThanOrEqual(count);
  });

  test("states the right counts", () => {
    const all = statements.length;
    const tested = statements.filter(({ proofs }) => proofs.length > 0).length;
    const notApplicable = statements.filter(({ applies }) => !applies).length;
    expect(map.counts).toEqual({ all, tested, notApplicable });
  });

  test("names existing files", () => {
    const named = [...map.paths, ...statements.flatMap(({ places }) => places.map((p) => p.path))];
    expect(named.filter((path) => !existsSync(repositoryPath(path)))).toEqual([]);
  });

  test("names symbols that the files declare", () => {
    const missing = statements.flatMap(({ number, places }) =>
      places.flatMap(({ path, symbols }) => {
        const file = repositoryPath(path);
        const source = existsSync(file) ? readFileSync(file, "utf8") : "";
        return symbols
          .filter((symbol) => !declares(source, symbol))
          .map((symbol) => `${number}: ${symbol} in ${path}`);
      }),
    );
    expect(missing).toEqual([]);
  });

  describe("with the existing tests", () => {
    let tests: Map<string, string[]>;

    beforeAll(async () => {
      const paths = new Set(statements.flatMap(({ proofs }) => proofs.map(({ path }) => path)));
      tests = await collectTests([...paths]);
    });

    test("names existing tests", () => {
      const missing = statements.flatMap(({ number, proofs }) =>
        proofs
          .filter(({ path, name }) => {
            const names = tests.get(repositoryPath(path)) ?? [];
            return !names.some((full) => full.includes(name));
          })
          .map(({ path, name }) => `${number}: "${name}" in ${path}`),
      );
      expect(missing).toEqual([]);
    });
  });
});
