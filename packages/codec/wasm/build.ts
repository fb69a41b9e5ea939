/** Builds `src/mask/module.ts` from `mask.wat`: run it after a change and commit both. */
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

/** The module's bytes, in base64. */
export async function buildModule(): Promise<string> {
  const source = readFileSync(new URL("mask.wat", import.meta.url), "utf8");
  const { parseWat } = await wabt();
  const { buffer } = parseWat("mask.wat", source, { simd: true }).toBinary({});
  return Buffer.from(buffer).toString("base64");
}

/** The file that embeds the module. */
export function moduleFile(base64: string): string {
  return `// Built from wasm/mask.wat by wasm/build.ts. Do not edit.
export const maskModule =
  "${base64}";
`;
}

if (import.meta.main) {
  writeFileSync(new URL("../src/mask/module.ts", import.meta.url), moduleFile(await buildModule()));
}
