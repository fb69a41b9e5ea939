import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// The codec is bundled from its published entry point, so the page runs what users get.
await build({
  entryPoints: [inFolder("page/page.ts"), inFolder("page/page.css")],
  outdir: inFolder("dist"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});

function inFolder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
