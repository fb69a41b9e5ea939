import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  drawImports,
  fileImports,
  folderImports,
  withDiagram,
} from "../../../../scripts/import-diagram.ts";
import { repositoryPath } from "../../src/runtimes.ts";

test("docs/architecture.md shows the imports as they are", () => {
  const text = readFileSync(repositoryPath("docs/architecture.md"), "utf8");
  const diagram = drawImports(folderImports(repositoryPath("")));
  expect(diagram.split("\n").length).toBeGreaterThan(10);
  // To update it: node scripts/import-diagram.ts
  expect(text).toBe(withDiagram(text, diagram));
});

/** Returns the keys from which a way along the imports leads back to them. */
function circular(imports: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of imports.get(from) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      reachable(to, seen);
    }
    return seen;
  };
  return [...imports.keys()].filter((key) => reachable(key).has(key));
}

test("no folder imports itself by way of others", () => {
  const imports = folderImports(repositoryPath(""));
  // Files beside the folders, such as errors, may import them and be imported.
  for (const name of [...imports.keys()]) if (!name.includes("/")) imports.delete(name);
  expect(imports.size).toBeGreaterThan(10);
  expect(circular(imports)).toEqual([]);
});

test("no file imports itself by way of others, not even for types", () => {
  const imports = fileImports(repositoryPath(""));
  expect(imports.size).toBeGreaterThan(80);
  expect(circular(imports)).toEqual([]);
});
