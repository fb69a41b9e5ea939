import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { bytes, concat } from "../../../codec/test/bytes.ts";
import { differences, type Example, predictWs } from "./differences.ts";
import { runOurs } from "./our-connection.ts";
import type { Limits } from "./outcome.ts";
import { runWs } from "./ws-receiver.ts";

const page = new URL("../../../../docs/rfc6455.md", import.meta.url);

function limitsOf({ limits }: Example): Limits {
  return { maxMessageSize: 1 << 20, maxFragments: 1000, ...limits };
}

describe.each(differences)("$id ($because)", ({ example, predict }) => {
  const { role, chunks, delivery } = example;
  const limits = limitsOf(example);

  test("what Framewright does", () => {
    expect(runOurs(role, limits, chunks.map(bytes))).toEqual(example.ours);
  });

  test("what ws does", async () => {
    expect(await runWs(role, limits, chunks.map(bytes), delivery)).toEqual(example.theirs);
  });

  test("is a difference, and is predicted", () => {
    expect(example.theirs).not.toEqual(example.ours);
    const stream = concat(chunks.map(bytes));
    const expected = predict === undefined ? example.ours : example.theirs;
    expect(predictWs({ role, limits, stream })).toEqual(expected);
  });
});

/** Returns the first cell of each row of the section's table. */
function listedIn(markdown: string): string[] {
  const [, rest = ""] = markdown.split(/^## Where ws differs$/m);
  const [section] = rest.split(/^## /m);
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, id]) => id);
}

test("docs/rfc6455.md lists the same differences", async () => {
  const listed = listedIn(await readFile(page, "utf8"));
  expect(listed.toSorted()).toEqual(differences.map(({ id }) => id).toSorted());
});
