import { expect, test } from "vitest";
import { blocksOfDocument, blocksOfSource } from "../../../../scripts/code-blocks.ts";

const linesOf = (text: string) => text.split("\n").map((line) => line.trim());

test("a block has its code at the lines of the document", () => {
  const [block] = blocksOfDocument("a.md", "# A\n\n```ts\nfirst();\nsecond();\n```\n");
  expect(block).toMatchObject({ document: "a.md", language: "ts", line: 4, name: undefined });
  expect(linesOf(block.text)).toEqual(["export {};", "", "", "first();", "second();", ""]);
});

test("only blocks of TypeScript and JavaScript count", () => {
  const text = "```sh\nls\n```\n\n```js\na();\n```\n\n```tsx\n<b />\n```\n\n```\nplain\n```\n";
  expect(blocksOfDocument("a.md", text).map(({ language, line }) => [language, line])).toEqual([
    ["js", 6],
  ]);
});

test("a program has the name of its info string or of its first comment", () => {
  const text = "```ts [server.ts]\na();\n```\n\n```ts\n// test.ts\nb();\n```\n";
  expect(blocksOfDocument("a.md", text).map(({ name }) => name)).toEqual(["server.ts", "test.ts"]);
});

test("what is given is declared, on the first line", () => {
  const text = "<!-- given: declare const url:\nstring -->\n\n```ts\nopen(url);\n```\n";
  const [{ text: module }] = blocksOfDocument("a.md", text);
  expect(linesOf(module)[0]).toBe("export {}; declare const url: string");
  expect(linesOf(module)[4]).toBe("open(url);");
});

test("a block goes on with the one before it", () => {
  const text = "```ts\nconst a = 1;\n```\n\n```ts continued\nuse(a);\n```\n";
  const blocks = blocksOfDocument("a.md", text);
  expect(blocks.length).toBe(1);
  expect(linesOf(blocks[0].text)).toEqual([
    "export {};",
    "const a = 1;",
    "",
    "",
    "",
    "use(a);",
    "",
  ]);
});

test("a document can be one program", () => {
  const text = "<!-- one program -->\n\n```ts\nconst a = 1;\n```\n\n```ts\nuse(a);\n```\n";
  expect(blocksOfDocument("a.md", text).length).toBe(1);
});

test("a block in a list loses its indentation", () => {
  const [{ text }] = blocksOfDocument("a.md", "- a\n\n  ```ts\n  if (a) {\n    b();\n  }\n  ```\n");
  expect(text.split("\n").slice(3, 6)).toEqual(["if (a) {", "  b();", "}"]);
});

test("examples of docstrings end with the docstring or the next tag", () => {
  const source = [
    "/**",
    " * Does it.",
    " *",
    " * @example",
    " * first();",
    " *",
    " * @returns nothing.",
    " */",
    "/** No example. */",
    "  /**",
    "   * @example",
    "   * ```ts",
    "   * second();",
    "   * ```",
    "   */",
  ].join("\n");
  const blocks = blocksOfSource("a.ts", source);
  expect(blocks.map(({ line }) => line)).toEqual([5, 12]);
  expect(linesOf(blocks[0].text)[4]).toBe("first();");
  expect(linesOf(blocks[1].text)[12]).toBe("second();");
});
