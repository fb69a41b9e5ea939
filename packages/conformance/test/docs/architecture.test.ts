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
