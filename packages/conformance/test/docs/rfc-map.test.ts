import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";
import { collectTests } from "./collected-tests.ts";
import { declares, parseRfcMap } from "./rfc-map.ts";
import { rfcPages } from "./rfc-sections.ts";

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
