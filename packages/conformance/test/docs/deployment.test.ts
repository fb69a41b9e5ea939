import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";

/** The files of the example that docs/deployment.md quotes, by the language of the block. */
const quoted = {
  nginx: ["nginx.conf"],
  haproxy: ["haproxy.cfg", "haproxy-http2.cfg", "haproxy-tls.cfg"],
  ts: ["close-on-sigterm.ts", "client-address.ts"],
};

const read = (path: string) => readFileSync(repositoryPath(path), "utf8");
/** Without the indentation, which differs if the quote is from within a function. */
const withoutIndent = (text: string) => text.replace(/^ +/gm, "").trim();

const blocks = [...read("docs/deployment.md").matchAll(/```(nginx|haproxy|ts)\n(.*?)```/gs)];

test("docs/deployment.md quotes each file of the example", () => {
  expect(blocks.map(([, language]) => language)).toEqual([
    "nginx",
    "haproxy",
    "ts",
    "haproxy",
    "haproxy",
    "ts",
  ]);
});

test.each(blocks.map(([, language, text], index) => ({ index, language, text })))(
  "docs/deployment.md quotes the example as it is: block $index, $language",
  ({ language, text }) => {
    const files = quoted[language as keyof typeof quoted].map((file) =>
      withoutIndent(read(`examples/deployment/${file}`)),
    );
    expect(files.filter((file) => file.includes(withoutIndent(text))).length).toBe(1);
  },
);
