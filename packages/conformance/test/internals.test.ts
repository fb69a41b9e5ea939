import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../test-depth.ts";
import { repositoryPath, runScriptFromSource, runtimeNamed, runtimes } from "../src/runtimes.ts";
import { SubjectProcess } from "../src/subject-process.ts";

const probe = "packages/conformance/src/internals/probe.ts";
const text = ["latin1Slice", "utf8Slice", "utf8Write"];
const textAndHandles = ["latin1Slice", "useUserBuffer", "utf8Slice", "utf8Write", "writeBuffer"];
const used = { node: textAndHandles, deno: textAndHandles, bun: text };
const unavailable =
  "WS_ERR_INVALID_OPTION: option compression needs a node:zlib that this runtime does not have (WS_ERR_INVALID_OPTION)";

async function report(subject: SubjectProcess): Promise<unknown> {
  return JSON.parse(await subject.line(0));
}

/** Each case is a process. */
const sample = isFullDepth ? runtimes : [runtimeNamed("node")];

describe.each(sample)("$name", (runtime) => {
  test("uses the undocumented members that docs/runtime-internals.md lists", async () => {
    const expected = { used: used[runtime.name], isEchoed: true, compression: "available" };
    const subject = runScriptFromSource(runtime, probe, [], { FRAMEWRIGHT_NO_INTERNALS: "" });
    expect(await report(subject)).toEqual(expected);
  });

  test("uses none of them with FRAMEWRIGHT_NO_INTERNALS=1", async () => {
    const subject = runScriptFromSource(runtime, probe, [], { FRAMEWRIGHT_NO_INTERNALS: "1" });
    const expected = { used: [], isEchoed: true, compression: unavailable };
    expect(await report(subject)).toEqual(expected);
  });
});

test("Deno needs no permission to read the variable", async () => {
  const [deno] = runtimeNamed("deno").command;
  const flags = ["--allow-net", "--allow-read", "--no-prompt", "--no-lock"];
  const command = [
    deno,
    "run",
    ...flags,
    "--conditions=@framewright/source",
    repositoryPath(probe),
  ];
  const subject = new SubjectProcess(command, { FRAMEWRIGHT_NO_INTERNALS: "1" });
  expect(await report(subject)).toMatchObject({ used: used.deno, isEchoed: true });
});
