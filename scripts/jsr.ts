/**
 * The packages for JSR, which takes the sources.
 *
 *   node scripts/jsr.ts             checks them with `deno publish --dry-run`
 *   node scripts/jsr.ts --versions  writes `jsr.json` of each package from its package.json
 *   node scripts/jsr.ts --publish   publishes them
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const names = [
  ...["codec", "websocket", "node-transport", "deno-transport", "bun-transport", "framewright"],
];

/** The source of an entry point. JSR has no export conditions: its users are those of Deno. */
function sourceOf(entry: Record<string, unknown>): string {
  const source = entry["@framewright/source"];
  if (typeof source === "string") return source;
  return sourceOf(entry.deno as Record<string, unknown>);
}

/** Returns the text of a package's `jsr.json`. */
function manifest(name: string): string {
  const path = join(root, "packages", name, "package.json");
  const { version, license, exports, dependencies = {} } = JSON.parse(readFileSync(path, "utf8"));
  const imports = Object.fromEntries(
    Object.entries(dependencies).map(([dependency, range]) => [
      dependency,
      `jsr:${dependency}@${range}`,
    ]),
  );
  const json = {
    name: `@framewright/${name}`,
    version,
    license,
    exports: Object.fromEntries(
      Object.entries<Record<string, unknown>>(exports)
        .filter(([, entry]) => typeof entry === "object")
        .map(([path, entry]) => [path, sourceOf(entry)]),
    ),
    ...(Object.keys(imports).length > 0 && { imports }),
    publish: { include: ["LICENSE*", "README.md", "jsr.json", "src"] },
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** Returns the names of the packages whose `jsr.json` is not that of their package.json. */
export function staleManifests(): string[] {
  return names.filter((name) => {
    const path = join(root, "packages", name, "jsr.json");
    const written = JSON.parse(readFileSync(path, "utf8"));
    return JSON.stringify(written) !== JSON.stringify(JSON.parse(manifest(name)));
  });
}

function writeManifests(): void {
  for (const name of names) {
    writeFileSync(join(root, "packages", name, "jsr.json"), manifest(name));
  }
}

/**
 * Runs `deno publish` on a copy of the packages, as one workspace, so that they find one another.
 *
 * @throws Error with what Deno says.
 */
export function publishToJsr(...flags: string[]): string {
  const copy = mkdtempSync(join(tmpdir(), "framewright-jsr-"));
  try {
    writeFileSync(
      join(copy, "deno.json"),
      JSON.stringify({ workspace: names.map((name) => `./${name}`), nodeModulesDir: "none" }),
    );
    for (const name of names) {
      for (const part of ["src", "README.md", "LICENSE", "jsr.json"]) {
        cpSync(join(root, "packages", name, part), join(copy, name, part), { recursive: true });
      }
    }
    const { status, stdout, stderr } = spawnSync(
      join(root, "node_modules/.bin/deno"),
      ["publish", "--allow-dirty", "--no-check", ...flags],
      {
        cwd: copy,
        encoding: "utf8",
        env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      },
    );
    if (status !== 0) throw new Error(`deno publish: ${status}\n${stdout}${stderr}`);
    return stdout + stderr;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

if (import.meta.main) {
  if (process.argv.includes("--versions")) writeManifests();
  else console.log(publishToJsr(...(process.argv.includes("--publish") ? [] : ["--dry-run"])));
}
