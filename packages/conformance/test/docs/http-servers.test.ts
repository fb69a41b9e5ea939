import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";

const read = (path: string) => readFileSync(repositoryPath(path), "utf8");

/** The sections that link to an example, with the blocks that quote it. */
const quotes = read("docs/http-servers.md")
  .split(/\]\(\.\.\/examples\/frameworks\/(?=[\w-]+\.ts\))/)
  .slice(1)
  .map((text) => {
    const file = text.slice(0, text.indexOf(")"));
    const [section] = text.split("\n## ");
    const blocks = [...section.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block.trim());
    return { file, blocks };
  });

test("docs/http-servers.md quotes each file of the examples", () => {
  const files = readdirSync(repositoryPath("examples/frameworks"));
  expect(quotes.map(({ file }) => file).sort()).toEqual(files.filter((file) => /ts$/.test(file)));
});

test.each(quotes)("docs/http-servers.md quotes $file as it is", ({ file, blocks }) => {
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(read(`examples/frameworks/${file}`)).toContain(block);
});
