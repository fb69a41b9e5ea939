import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";
import { collectTests } from "./collected-tests.ts";

const page = "docs/security-history.md";
const text = readFileSync(repositoryPath(page), "utf8");
const identifier = /(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})/g;

/** The rows of the tables: their advisories, and their tests by file and name. */
const rows = text
  .split("\n")
  .filter((line) => /^\| (?:CVE|GHSA)-/.test(line))
  .map((line) => {
    const cells = line.slice(2, -2).split(" | ");
    const proofs = [...(cells[3] ?? "").matchAll(/\[[^\]]+\]\(([^)]+)\) "([^"]+)"/g)];
    return {
      line,
      cells,
      advisories: cells[0].match(identifier) ?? [],
      proofs: proofs.map(([, link, name]) => ({
        path: resolve(repositoryPath("docs"), link),
        name,
      })),
    };
  });

describe(page, () => {
  let tests: ReadonlyMap<string, readonly string[]>;
  const histories = globSync("packages/*/test/history/*.test.ts", { cwd: repositoryPath("") });

  beforeAll(async () => {
    const named = rows.flatMap(({ proofs }) => proofs.map(({ path }) => path));
    const all = new Set([...named, ...histories.map((path) => repositoryPath(path))]);
    tests = await collectTests([...all]);
  });

  test("has rows of four cells that name an advisory and a test", () => {
    expect(rows.length).toBeGreaterThan(40);
    const bad = rows.filter(
      ({ cells, advisories, proofs }) =>
        cells.length !== 4 || advisories.length === 0 || proofs.length === 0,
    );
    expect(bad.map(({ line }) => line)).toEqual([]);
  });

  test("has each advisory once", () => {
    const all = rows.flatMap(({ advisories }) => advisories);
    expect(all.filter((advisory, index) => all.indexOf(advisory) !== index)).toEqual([]);
  });

  test("names existing tests", () => {
    const missing = rows.flatMap(({ advisories, proofs }) =>
      proofs
        .filter(({ path, name }) => !tests.get(path)?.some((full) => full.includes(name)))
        .map(({ path, name }) => `${advisories}: "${name}" in ${path}`),
    );
    expect(missing).toEqual([]);
  });

  test("has the advisory of each test that is named after one", () => {
    const listed = new Set(rows.flatMap(({ advisories }) => advisories));
    const tested = histories.flatMap((path) => tests.get(repositoryPath(path)) ?? []);
    expect(tested.length).toBeGreaterThan(100);
    const named = new Set(tested.flatMap((name) => name.match(identifier) ?? []));
    expect([...named].filter((advisory) => !listed.has(advisory))).toEqual([]);
  });
});
