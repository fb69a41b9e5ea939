import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";

const read = (path: string) => readFileSync(repositoryPath(path), "utf8");
const document = read("docs/observability.md");
const source = read("packages/websocket/src/diagnostics.ts");

/** Returns the text of a section of the document. */
function section(heading: string): string {
  const [, text] = document.split(`\n## ${heading}\n`);
  return text.split("\n## ")[0];
}

/** Returns what is in backquotes in one column of the tables of a section, sorted. */
function namesInColumn(heading: string, column: number): string[] {
  const rows = section(heading).match(/^\| `.*$/gm) ?? [];
  return rows
    .flatMap((row) => [...row.split(" | ")[column].matchAll(/`([^`]+)`/g)])
    .map(([, name]) => name)
    .sort();
}

test("docs/observability.md lists the channels", () => {
  const channels = [...source.matchAll(/channel\("(.*)"\)/g)].map(([, name]) => name);
  expect(channels.length).toBe(5);
  expect(namesInColumn("What the channels publish", 0)).toEqual(channels.sort());
});

test("docs/observability.md lists the limits", () => {
  const [, union] = /export type LimitName =([^;]*);/.exec(source) ?? [];
  const names = [...union.matchAll(/"(.*)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(namesInColumn("Which limits are published", 0)).toEqual(names.sort());
});

test("docs/observability.md lists the environment variables of the production example", () => {
  const configuration = read("examples/production/configuration.ts");
  const variables = [...configuration.matchAll(/(?:text|list|number)\("([A-Z_]+)"/g)];
  const names = new Set(variables.map(([, name]) => name));
  expect(names.size).toBeGreaterThan(10);
  expect(namesInColumn("The production example", 0)).toEqual([...names].sort());
});

test("docs/observability.md lists what server.stats() returns", () => {
  const stats = read("packages/websocket/src/server/server-stats.ts");
  const [, members] = /interface ServerStats \{(.*?)\n\}/s.exec(stats) ?? [];
  const names = [...members.matchAll(/readonly (\w+):/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(namesInColumn("What `server.stats()` counts", 0)).toEqual(names.sort());
});
