import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** The published packages, by their folders. */
export const published = [
  ...["codec", "websocket", "node-transport", "deno-transport", "bun-transport", "framewright"],
];

/**
 * Packs all packages.
 *
 * @param folder - Where the archives are written.
 * @returns The paths of the archives.
 */
export function packAll(folder: string): string[] {
  const flags = ["--silent", "--ignore-scripts", "--pack-destination", folder];
  const workspaces = published.flatMap((name) => ["-w", `packages/${name}`]);
  execFileSync("npm", ["pack", ...flags, ...workspaces], { cwd: root, stdio: "pipe" });
  return readdirSync(folder).map((file) => join(folder, file));
}
