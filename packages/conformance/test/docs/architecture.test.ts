import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { drawImports, folderImports, withDiagram } from "../../../../scripts/import-diagram.ts";
import { repositoryPath } from "../../src/runtimes.ts";

test("docs/architecture.md shows the imports as they are", () => {
  const text = readFileSync(repositoryPath("docs/architecture.md"), "utf8");
  const diagram = drawImports(folderImports(repositoryPath("")));
  expect(diagram.split("\n").length).toBeGreaterThan(10);
  // To update it: node scripts/import-diagram.ts
  expect(text).toBe(withDiagram(text, diagram));
});

test("no folder imports itself by way of others", () => {
  const imports = folderImports(repositoryPath(""));
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of imports.get(from) ?? []) {
      // Files beside the folders, such as errors, may import them and be imported.
      if (seen.has(to) || !to.includes("/")) continue;
      seen.add(to);
      reachable(to, seen);
    }
    return seen;
  };
  const circular = [...imports.keys()].filter((folder) => reachable(folder).has(folder));
  expect(circular).toEqual([]);
});
