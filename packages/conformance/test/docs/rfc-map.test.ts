import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";
import { declares, parseRfcMap } from "./rfc-map.ts";

/**
 * How often each section of RFC 6455 with a text of its own has MUST, MUST NOT, SHOULD or SHOULD NOT,
 * counted in the RFC. (REQUIRED, SHALL and RECOMMENDED are not in sections 3 to 10.) A section
 * with 0 states facts alone.
 */
const keywordCounts: readonly (readonly [section: string, count: number])[] = [
  ["3", 2],
  ["4.1", 42],
  ["4.2", 0],
  ["4.2.1", 2],
  ["4.2.2", 10],
  ["4.3", 1],
  ["4.4", 1],
  ["5.1", 4],
  ["5.2", 10],
  ["5.3", 4],
  ["5.4", 10],
  ["5.5", 2],
  ["5.5.1", 8],
  ["5.5.2", 2],
  ["5.5.3", 0],
  ["5.6", 1],
  ["5.7", 0],
  ["5.8", 1],
  ["6.1", 8],
  ["6.2", 5],
  ["7.1.1", 4],
  ["7.1.2", 2],
  ["7.1.3", 0],
  ["7.1.4", 0],
  ["7.1.5", 0],
  ["7.1.6", 0],
  ["7.1.7", 6],
  ["7.2.1", 3],
  ["7.2.2", 1],
  ["7.2.3", 3],
  ["7.3", 1],
  ["7.4", 0],
  ["7.4.1", 4],
  ["7.4.2", 0],
  ["8.1", 1],
  ["9", 2],
  ["9.1", 5],
  ["9.2", 0],
  ["10.1", 0],
  ["10.2", 2],
  ["10.3", 1],
  ["10.4", 2],
  ["10.5", 0],
  ["10.6", 2],
  ["10.7", 3],
  ["10.8", 0],
];

const map = parseRfcMap(readFileSync(repositoryPath("docs/rfc6455.md"), "utf8"));
const { statements } = map;

/** The full names of all tests in some files, as they run: loops and tables are gone through. */
async function collectTests(paths: readonly string[]): Promise<Map<string, string[]>> {
  const folder = await mkdtemp(join(tmpdir(), "rfc-map-"));
  const report = join(folder, "tests.json");
  const vitest = repositoryPath("node_modules/vitest/vitest.mjs");
  // With "=", or the first of the files would be taken for the one to write to.
  const flags = ["--no-isolate", "--maxWorkers=1", "--staticParse=false", `--json=${report}`];
  try {
    await promisify(execFile)(process.execPath, [vitest, "list", ...flags, ...paths], {
      cwd: repositoryPath("."),
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

describe("docs/rfc6455.md", () => {
  test("has rows that say where something is done and which test shows it", () => {
    expect(map.faults).toEqual([]);
  });

  test("numbers the statements of each section from 1, each once", () => {
    const expected = keywordCounts.flatMap(([section]) =>
      statements.filter((row) => row.section === section).map((_, i) => `${section}-${i + 1}`),
    );
    expect(statements.map(({ number }) => number)).toEqual(expected);
  });

  test.each(keywordCounts)("has all of section %s", (section, count) => {
    const rows = statements.filter((row) => row.section === section);
    expect(rows.length).toBeGreaterThan(0);
    const required = rows.filter(({ keyword }) => /^(?:MUST|SHOULD)/.test(keyword));
    expect(required.length).toBeGreaterThanOrEqual(count);
  });

  test("counts right", () => {
    const all = statements.length;
    const tested = statements.filter(({ proofs }) => proofs.length > 0).length;
    const notApplicable = statements.filter(({ applies }) => !applies).length;
    expect(map.counts).toEqual({ all, tested, notApplicable });
  });

  test("names files that are there", () => {
    const named = [...map.paths, ...statements.flatMap(({ places }) => places.map((p) => p.path))];
    expect(named.filter((path) => !existsSync(repositoryPath(path)))).toEqual([]);
  });

  test("names what is declared there", () => {
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

  describe("with the tests that there are", () => {
    let tests: Map<string, string[]>;

    beforeAll(async () => {
      const paths = new Set(statements.flatMap(({ proofs }) => proofs.map(({ path }) => path)));
      tests = await collectTests([...paths]);
    });

    test("names tests that run", () => {
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
