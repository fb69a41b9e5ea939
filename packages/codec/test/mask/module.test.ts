import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { maskModule } from "../../src/mask/module.ts";
import { buildModule, moduleFile } from "../../wasm/build.ts";

test("is built from wasm/mask.wat", async () => {
  const base64 = await buildModule();
  expect(maskModule).toBe(base64);
  const file = new URL("../../src/mask/module.ts", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(moduleFile(base64));
});
