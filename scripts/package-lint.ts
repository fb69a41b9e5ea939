import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/**
 * Checks an archive with publint and are-the-types-wrong.
 *
 * @throws Error that lists what they found.
 */
export async function lintArchive(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const { buffer, byteOffset, length } = bytes;
  const tarball = buffer.slice(byteOffset, byteOffset + length);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const found = messages.map((message) => formatMessage(message, pkg, { color: false }));
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  if (!analysis.types) throw new Error("there are no types");
  for (const problem of analysis.problems) {
    // The resolution `node10` knows no exports. TypeScript 6 deprecates it, and 7 has removed it.
    if ("resolutionKind" in problem && problem.resolutionKind === "node10") continue;
    found.push(JSON.stringify(problem));
  }
  if (found.length > 0) throw new Error(found.join("\n"));
}
