import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of a file of the repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const { repository } = JSON.parse(
  readFileSync(repositoryPath("packages/framewright/package.json"), "utf8"),
) as { repository?: { url: string } };

/** Address of the repository on its forge. */
export const repositoryUrl = (
  repository?.url ?? "git+https://github.com/framewright/framewright.git"
).replace(/^git\+|\.git$/g, "");
