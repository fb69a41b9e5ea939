import { expect, test } from "vitest";
import { checkRuntime, currentRuntime, wrongRuntime } from "../../src/runtime/runtime-name.ts";

const { versions } = process;

test("the current runtime is found although Deno and Bun have Node's version too", () => {
  expect(versions.node).toBeDefined();
  expect(currentRuntime()).toBe(versions.deno ? "deno" : versions.bun ? "bun" : "node");
});

test("a transport on its own runtime passes, and one for any runtime", () => {
  checkRuntime(currentRuntime());
  checkRuntime(undefined);
});

test("a transport on another runtime throws", () => {
  const other = currentRuntime() === "deno" ? "bun" : "deno";
  expect(() => checkRuntime(other)).toThrow(
    expect.objectContaining({ name: "UnsupportedError", code: "WS_ERR_WRONG_RUNTIME" }),
  );
});

test("the error names the right package", () => {
  expect(wrongRuntime("deno", "node").message).toBe(
    "@framewright/deno-transport works on Deno alone, and this is Node: import " +
      "@framewright/node-transport, or framewright, which chooses by itself (WS_ERR_WRONG_RUNTIME)",
  );
  expect(wrongRuntime("node", undefined).message).toBe(
    "@framewright/node-transport works on Node alone, and this runtime has no transport: " +
      "for a client see framewright/client (WS_ERR_WRONG_RUNTIME)",
  );
});
