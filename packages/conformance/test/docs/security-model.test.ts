import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";
import { limitCases } from "../limits/limit-table.ts";

const text = readFileSync(repositoryPath("docs/security-model.md"), "utf8");
const [, section] = /^## Limits\n(.*?)^## /ms.exec(text) ?? [];
const rows = [...section.matchAll(/^\| `([^`]+)`(.*)$/gm)].map(([, limit, others]) => ({
  limit,
  codes: others.match(/WS_ERR_\w+/g) ?? [],
  closes: [...others.matchAll(/closes\[(\d+)\]/g)].map(([, statusCode]) => statusCode),
}));

/** The option at the start of a case's name. */
const limitOf = (name: string) => /^(.*?)(?: of a route| with \w+)?:/.exec(name)?.[1];

test("docs/security-model.md lists the limits that are tested", () => {
  const tested = new Set(limitCases.map(({ name }) => limitOf(name)));
  expect(new Set(rows.map(({ limit }) => limit))).toEqual(tested);
});

test.each(rows)("docs/security-model.md: the codes of $limit are as tested", (row) => {
  const events = limitCases
    .filter(({ name }) => limitOf(name) === row.limit)
    .flatMap(({ events }) => events);
  for (const code of row.codes) expect(events.join("\n")).toContain(code);
  for (const statusCode of row.closes)
    expect(events.some((event) => event.startsWith(`close ${statusCode}`))).toBe(true);
});
