/** The TypeScript and JavaScript of README files, documents and docstrings. */
import { globSync, readFileSync } from "node:fs";

/** A block of code. Its text starts at its own line of the document: empty lines precede it. */
export interface CodeBlock {
  /** The document or source file, relative to the repository. */
  readonly document: string;
  readonly language: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  /** The name in the info string, as in "```ts [server.ts]": a complete program. */
  readonly name: string | undefined;
  readonly text: string;
}

const documents = ["README.md", "packages/*/README.md", "docs/**/*.md"];
const sources = ["packages/*/src/**/*.ts"];

/** Returns the blocks of all documents and docstrings, those that are continued as one. */
export function allCodeBlocks(root: string): CodeBlock[] {
  const find = (patterns: string[]) =>
    globSync(patterns, {
      cwd: root,
      exclude: (path) => /node_modules|\.vitepress|docs\/reference/.test(path),
    });
  const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");
  return [
    ...find(documents)
      .sort()
      .flatMap((path) => blocksOfDocument(path, read(path))),
    ...find(sources)
      .sort()
      .flatMap((path) => blocksOfSource(path, read(path))),
  ];
}

/**
 * Returns the blocks of a Markdown document.
 *
 * "```ts continued" goes on with the block before it. A comment before a block, such as
 * `<!-- given: declare const url: string -->`, declares what the block does not: readers know it from
 * the text. `<!-- one program -->` in a document makes one module of all its blocks.
 */
export function blocksOfDocument(document: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const isOneProgram = text.includes("<!-- one program -->");
  const fences = text.matchAll(
    /(?:^<!-- given: (.*?) -->\n+)?^( *)```(ts|js)\b([^\n]*)\n(.*?)^ *```$/gms,
  );
  for (const {
    index,
    0: whole,
    1: given = "",
    2: indent,
    3: language,
    4: info,
    5: code,
  } of fences) {
    const line = lineAt(text, index + whole.lastIndexOf(code));
    const dedented = code.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const name = /\[(.+?)\]/.exec(info)?.[1] ?? /^\/\/ (\S+\.[jt]s)\n/.exec(dedented)?.[1];
    const previous = isOneProgram || /\bcontinued\b/.test(info) ? blocks.pop() : undefined;
    const start = previous?.text ?? `export {}; ${given.replaceAll("\n", " ")}`;
    const padding = "\n".repeat(line - lineCount(start));
    const { line: first = line, name: firstName = name } = previous ?? {};
    blocks.push({
      document,
      language,
      line: first,
      name: firstName,
      text: start + padding + dedented,
    });
  }
  return blocks;
}

/** Returns the examples of the docstrings of a source file. */
export function blocksOfSource(document: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const { index, 0: comment } of text.matchAll(/\/\*\*.*?\*\//gs)) {
    const examples = comment.matchAll(/@example[^\n]*\n(.*?)(?=^\s*\* @|\s*\*\/)/gms);
    for (const { index: offset, 0: whole, 1: body } of examples) {
      const line = lineAt(text, index + offset + whole.indexOf(body));
      const lines = body.split("\n").map((row) => row.replace(/^\s*\* ?/, ""));
      const code = lines.map((row) => (row.startsWith("```") ? "" : row)).join("\n");
      const start = "export {};";
      blocks.push({
        document,
        language: "ts",
        line,
        name: undefined,
        text: `${start}${"\n".repeat(line - 1)}${code}\n`,
      });
    }
  }
  return blocks;
}

const lineCount = (text: string) => text.split("\n").length;
const lineAt = (text: string, index: number) => lineCount(text.slice(0, index));
