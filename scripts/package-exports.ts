/**
 * Gives each entry point of the packages its export conditions. An entry point needs only
 * `@framewright/source` and `default` in package.json: `node scripts/package-exports.ts --write`
 * adds the rest, and without `--write` it names the packages that lack something.
 *
 * - `module-sync`, which is Node's, `bun` and `deno`: `require` gets the ESM files as well, so that
 *   there is one instance of each module in a process. Node gets few files (see merge-chunks.ts).
 * - `require`: the CommonJS files, for older versions of Node, and tools such as Jest.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { published } from "./pack.ts";

const root = resolve(import.meta.dirname, "..");
type Entry = Readonly<Record<string, unknown>> | string;

/**
 * Returns an entry point with all conditions. Those that depend on the runtime stay.
 *
 * @param isMerged - Whether the package has `dist/merged`.
 */
function complete(entry: Entry, isMerged: boolean): Entry {
  if (typeof entry === "string" || "node" in entry) return entry;
  const source = entry["@framewright/source"];
  const given = entry.default as string | { default: string };
  const file = (typeof given === "string" ? given : given.default).replace(/\.js$/, "");
  const esm = { types: `${file}.d.ts`, default: `${file}.js` };
  const loaded = isMerged ? { ...esm, default: esm.default.replace("dist", "dist/merged") } : esm;
  return {
    "@framewright/source": source,
    "module-sync": loaded,
    bun: esm,
    deno: esm,
    require: { types: `${file}.d.cts`, default: `${file}.cjs` },
    default: esm,
  };
}

/** Returns the names of the packages that have an entry point without some condition. */
export function incompleteExports(isWriting: boolean): string[] {
  return published.filter((name) => {
    const path = join(root, "packages", name, "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    const isMerged = manifest.scripts.build.includes("merge-chunks");
    const exports = Object.fromEntries(
      Object.entries<Entry>(manifest.exports).map(([key, entry]) => [
        key,
        complete(entry, isMerged),
      ]),
    );
    if (JSON.stringify(exports) === JSON.stringify(manifest.exports)) return false;
    const text = `${JSON.stringify({ ...manifest, exports }, undefined, 2)}\n`;
    if (isWriting) writeFileSync(path, text);
    return true;
  });
}

if (import.meta.main) {
  const isWriting = process.argv.includes("--write");
  for (const name of incompleteExports(isWriting)) {
    console.log(`${isWriting ? "written" : "incomplete"}: packages/${name}/package.json`);
    if (!isWriting) process.exitCode = 1;
  }
}
