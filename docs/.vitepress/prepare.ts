import { cpSync, existsSync, rmSync } from "node:fs";
import { writeReference } from "./reference.ts";
import { repositoryPath } from "./repository.ts";

/** Makes what the site has besides its pages: the reference, and the inspector of the examples. */
export async function prepareSite(): Promise<void> {
  const [from, to] = ["examples/inspector/dist", "docs/public/inspect"].map(repositoryPath);
  rmSync(to, { recursive: true, force: true });
  if (!existsSync(from)) throw new Error("examples/inspector/dist is missing: npm run build");
  cpSync(from, to, { recursive: true });
  await writeReference();
}

if (import.meta.main) await prepareSite();
