import { readdirSync, readFileSync } from "node:fs";
import { HandshakeError, InvalidStateError, ProtocolError } from "@framewright/codec";
import { rangeError, typeError } from "@framewright/codec/internal";
import {
  IncompleteMessageError,
  ListenError,
  ReconnectingError,
  TerminationError,
  UnsupportedError,
} from "@framewright/websocket";
import { reconnecting } from "@framewright/websocket/reconnecting";
import { expect, test } from "vitest";
import { repositoryPath } from "../../src/runtimes.ts";

const published = readdirSync(repositoryPath("packages")).filter((name) => name !== "conformance");
const sources = published.flatMap((name) =>
  readdirSync(repositoryPath(`packages/${name}/src`), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `packages/${name}/src/${file}`)
    .map((path) => ({ path, text: readFileSync(repositoryPath(path), "utf8") })),
);
const codes = [
  ...new Set(sources.flatMap(({ text }) => text.match(/\bWS_ERR_[A-Z0-9_]+\b/g) ?? [])),
];
const document = readFileSync(repositoryPath("docs/errors.md"), "utf8");
/** The text below the heading of each code. */
const sections = new Map(
  document
    .split(/^##+ /m)
    .map((section) => /^(WS_ERR_\w+)\n(.*)$/s.exec(section))
    .filter((found) => found !== null)
    .map(([, code, text]) => [code, `${text.trimEnd()}\n`]),
);

test("docs/errors.md has a section for each code, and for no other", () => {
  expect(codes.length).toBeGreaterThan(50);
  expect([...sections.keys()].sort()).toEqual(codes.sort());
});

test.each(codes)(
  "docs/errors.md says of %s what it means, whose fault it is and what to do",
  (code) => {
    expect(sections.get(code)).toMatch(
      /^\n[A-Z`].+\n\n- \*\*Whose fault:\*\* .+\n- \*\*What to do:\*\* .+\n/s,
    );
  },
);

test.each(codes)("a message with the code %s ends with it, once", (code) => {
  const all: [object, ...string[]][] = [
    [new HandshakeError(code as never, 400, "the text")],
    [new TerminationError(code as never, "the text")],
    [new ReconnectingError(code as never, "the text", undefined)],
    [typeError(code as never, "the text")],
    [rangeError(code as never, `the text (${code})`)],
    [rangeError(code as never, "the text (WS_ERR_INVALID_URL)")],
  ];
  for (const [error] of all) expect(error).toMatchObject({ code, message: `the text (${code})` });
});

test("an error with one code has it at the end of its message", () => {
  const errors = [
    new ProtocolError("WS_ERR_INVALID_UTF8", "the hint"),
    new InvalidStateError("the text"),
    new IncompleteMessageError("the text"),
    new UnsupportedError("the text"),
    new ListenError("[::1] port 80", new Error("in use")),
    thrownBy(() => reconnecting("ws://127.0.0.1/", { maxTries: -1 })),
  ];
  for (const error of errors) {
    const { code, message } = error as { code: string; message: string };
    expect(message).toMatch(/[a-z0-9] \(WS_ERR_[A-Z0-9_]+\)$/);
    expect(message.endsWith(` (${code})`)).toBe(true);
  }
});

test("no source makes an error with a code but without it in the message", () => {
  const makers = sources.flatMap(({ path, text }) => {
    const classes = text.match(/class \w+ extends Error \{.*?^\}/gms) ?? [];
    const objects = text.match(/Object\.assign\(\s*new \w*Error\([^;]*?;/gs) ?? [];
    return [...classes.filter((found) => /^ {2}readonly code/m.test(found)), ...objects]
      .filter((found) => found.includes("WS_ERR_") || /\bcode\b/.test(found))
      .filter((found) => !/"E[A-Z]+"/.test(found))
      .map((found) => ({ path, found }));
  });
  expect(makers.length).toBeGreaterThanOrEqual(10);
  for (const { path, found } of makers) {
    expect(found, path).toMatch(/withCode\(|\(\$\{code\}\)`/);
  }
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
