/**
 * Writes the README of the package `framewright` from that of the repository: its links are absolute,
 * because registries show it, and what is for contributors is left out. `--check` compares only.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { repository } = JSON.parse(readFileSync(`${root}packages/framewright/package.json`, "utf8"));
const url = (repository?.url ?? "git+https://github.com/framewright/framewright.git").replace(
  /^git\+|\.git$/g,
  "",
);
const rawUrl = url.replace("//github.com/", "//raw.githubusercontent.com/");

/** The address of a file of the repository. Pages of others keep theirs. */
function absolute(path: string): string {
  if (/^https?:/.test(path)) return path;
  const file = path.split("#")[0];
  if (/\.(svg|png|webp)$/.test(file)) return `${rawUrl}/main/${path}`;
  const isFolder = existsSync(root + file) && statSync(root + file).isDirectory();
  return `${url}/${isFolder ? "tree" : "blob"}/main/${path}`;
}

const text = readFileSync(`${root}README.md`, "utf8")
  .replace(/^<!-- #(?:end)?region .*? -->\n\n/gm, "")
  .replace(/^## Work on it\n.*?(?=^## )/ms, "")
  .replace(/\n`npm run docs` serves .*?\n(?=\n)/s, "")
  .replace(/\]\(([^)]+)\)/g, (_, path: string) => `](${absolute(path)})`)
  .replace(
    / (src|srcset)="([^"]+)"/g,
    (_, name: string, path: string) => ` ${name}="${absolute(path)}"`,
  );

const target = `${root}packages/framewright/README.md`;
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error(
    "packages/framewright/README.md is not that of README.md: node scripts/package-readme.ts",
  );
  process.exitCode = 1;
}
