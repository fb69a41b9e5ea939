import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// A folder of static files with relative links: any server, or a folder of a site, can serve it.
await build({
  entryPoints: [inFolder("page/page.ts"), inFolder("page/page.css")],
  outdir: inFolder("dist"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "eof",
  logLevel: "warning",
  logOverride: { "ignored-bare-import": "silent" },
});
for (const name of ["index.html", "favicon.svg"])
  copyFileSync(inFolder(`page/${name}`), inFolder(`dist/${name}`));
// The licence of what is bundled asks for its text to go along.
const pako = createRequire(import.meta.url).resolve("pako/package.json");
const licence = readFileSync(pako.replace(/package\.json$/, "LICENSE"), "utf8");
writeFileSync(inFolder("dist/LICENSE-THIRD-PARTY.txt"), `pako:\n\n${licence}`);

function inFolder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
