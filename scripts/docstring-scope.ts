/** The names that the examples of docstrings have without an import: those of their package. */
import { globSync, readFileSync } from "node:fs";
import type { CodeBlock } from "./code-blocks.ts";
import { declarationsOf } from "./docstring-names.ts";

const declaration =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type) (\w+)/gm;
const exportList = /^export (?:type )?\{([^}]*)\} from/gm;

/** Returns the names that a module exports. */
function exportedNames(text: string): string[] {
  const declared = [...text.matchAll(declaration)].map(([, name]) => name);
  const listed = [...text.matchAll(exportList)].flatMap(([, list]) => list.split(","));
  return [...declared, ...listed.map((name) => name.trim().replace(/^type | as .*/g, ""))].filter(
    (name) => name !== "",
  );
}

/** Returns a function that gives a docstring's block the imports and the declarations that it lacks. */
export function docstringScope(root: string): (block: CodeBlock) => string {
  const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");
  const entries = ["websocket", "codec"].flatMap((name) =>
    globSync([`packages/${name}/src/index.ts`, `packages/${name}/src/*/index.ts`], {
      cwd: root,
    }).sort(),
  );
  const own = new Map(entries.map((path) => [path, exportedNames(read(path))]));
  return ({ document, text }) => {
    const used = new Set(text.match(/[A-Za-z_]\w*/g));
    for (const [, name] of text.matchAll(/\b(?:const|let|class|function|import) (?:\{ )?(\w+)/g))
      used.delete(name);
    for (const [, list] of text.matchAll(/\b(?:import|const) \{([^}]*)\}/g))
      for (const name of list.split(/\W+/)) used.delete(name);
    const imports = [declarationsOf(document, used, true)];
    for (const [path, names] of [[document, exportedNames(read(document))] as const, ...own]) {
      const found = names.filter((name) => used.delete(name));
      if (found.length > 0) imports.push(`import { ${found.join(", ")} } from "${root}/${path}";`);
    }
    const head = `${imports.join(" ")} ${declarationsOf(document, used, false)}`;
    // A sketch may return early.
    return /^\s*(import|export) /m.test(text.replace("export {};", ""))
      ? head + text
      : `${head} export async function example() { ${text.replace("export {};", "")} }`;
  };
}
