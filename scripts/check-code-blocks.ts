/**
 * Checks the types of all code in README files, documents and docstrings. Errors have the line of the
 * document.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { allCodeBlocks, type CodeBlock } from "./code-blocks.ts";
import { docstringScope } from "./docstring-scope.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}.artifacts/code-blocks`;

/** Blocks with a name import each other. */
function fileOf({ document, language, line, name }: CodeBlock): string {
  const place = `${folder}/${document.replaceAll(/[^\w/-]/g, "-")}`;
  return `${place}/${name ?? `line-${line}.${language}`}`;
}

const scope = docstringScope(root.slice(0, -1));
const quotable = globSync(["examples/**/*.ts", "packages/*/src/**/*.ts"], {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
}).map((path) => readFileSync(root + path, "utf8"));
/** Files of the repository are checked where they are. */
const isQuoted = ({ text, document }: CodeBlock) =>
  document.endsWith(".md") &&
  quotable.some((file) => file.includes(text.replace("export {};", "").trim()));

const blocks = allCodeBlocks(root)
  .filter((block) => !isQuoted(block))
  .map((block) => (block.document.endsWith(".md") ? block : { ...block, text: scope(block) }));
const files = new Map(blocks.map((block) => [fileOf(block), block]));
rmSync(folder, { recursive: true, force: true });
for (const [path, { text }] of files) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
const base = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile).config;
const { options } = ts.parseJsonConfigFileContent(
  {
    compilerOptions: {
      ...base.compilerOptions,
      lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable", "ESNext.Disposable"],
      types: ["node", "deno", "bun-types"],
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedModules: false,
      // JavaScript has its syntax and its imports checked. It has no types to be wrong.
      allowJs: true,
      noImplicitReturns: false,
      verbatimModuleSyntax: false,
    },
    files: [],
  },
  ts.sys,
  root,
);
const program = ts.createProgram([...files.keys()], options);
const failed = new Set<string>();
for (const path of files.keys()) {
  const source = program.getSourceFile(path);
  const found = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ];
  const { document } = files.get(path) as CodeBlock;
  for (const { start = 0, messageText, code } of found) {
    const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    console.error(`${document}:${line}: TS${code} ${message}`);
    failed.add(path);
  }
}
console.log(
  `${files.size - failed.size} blocks of code have correct types, ${failed.size} have not`,
);
if (failed.size > 0 || files.size < 50) process.exitCode = 1;
