/**
 * Draws which folders of the packages import which, as a Mermaid diagram for docs/architecture.md:
 * `node scripts/import-diagram.ts` writes it there. A test compares the document with the imports.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const document = "docs/architecture.md";
const start = "<!-- imports: start -->";
const end = "<!-- imports: end -->";
const packages = ["codec", "websocket"];

/** The folder of a source file: its first folder below `src`, or the package itself. */
function folderOf(file: string): string {
  const [, name, , folder, ...rest] = file.split("/");
  return rest.length > 0 ? `${name}/${folder}` : name;
}

/** Returns the files of the same package that each source file imports, types included. */
export function fileImports(root: string): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of globSync("packages/*/src/**/*.ts", { cwd: root })) {
    const source = readFileSync(join(root, file), "utf8");
    const specifiers = [...source.matchAll(/from "(\.[^"]+)"/g)].map(([, specifier]) => specifier);
    imports.set(file, new Set(specifiers.map((specifier) => join(dirname(file), specifier))));
  }
  return imports;
}

/** Returns the folders that each folder imports. Entry points, which only export, are left out. */
export function folderImports(root: string): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const name of packages) {
    for (const file of globSync(`packages/${name}/src/**/*.ts`, { cwd: root })) {
      if (/\/(index|internal|extras)\.ts$/.test(file)) continue;
      const from = folderOf(file);
      const targets = imports.get(from) ?? new Set();
      imports.set(from, targets);
      const source = readFileSync(join(root, file), "utf8");
      for (const [, specifier] of source.matchAll(/from "(\.[^"]+|@framewright\/[^"]+)"/g)) {
        const to = specifier.startsWith(".")
          ? folderOf(relative(root, join(root, dirname(file), specifier)))
          : specifier.split("/")[1];
        if (to !== from) targets.add(to);
      }
    }
  }
  return imports;
}

/** Draws the imports between folders. A package's own files and other packages are left out. */
export function drawImports(imports: ReadonlyMap<string, ReadonlySet<string>>): string {
  const lines = packages.flatMap((name) => [
    `  subgraph ${name}`,
    ...[...imports]
      .filter(([from]) => from.startsWith(`${name}/`))
      .sort()
      .flatMap(([from, targets]) =>
        [...targets]
          .filter((to) => to.startsWith(`${name}/`))
          .sort()
          .map((to) => `    ${from} --> ${to}`),
      ),
    "  end",
  ]);
  return ["```mermaid", "graph TD", ...lines, "  websocket --> codec", "```"].join("\n");
}

/** Returns the document with the diagram in its place. */
export function withDiagram(text: string, diagram: string): string {
  const [before, rest] = text.split(start);
  const [, after] = rest.split(end);
  return `${before}${start}\n${diagram}\n${end}${after}`;
}

if (import.meta.main) {
  const text = readFileSync(document, "utf8");
  writeFileSync(document, withDiagram(text, drawImports(folderImports("."))));
}
