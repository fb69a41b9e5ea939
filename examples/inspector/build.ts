import { copyFileSync } from "node:fs";
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

function inFolder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
