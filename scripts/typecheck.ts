/**
 * Checks the types of the whole repository with the native compiler, which takes a tenth of the time of
 * the one that builds the declarations.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

const compiler = fileURLToPath(
  new URL("bin/tsc", import.meta.resolve("typescript-native/package.json")),
);
const projects = globSync("**/tsconfig.json", {
  exclude: ["**/node_modules", ".artifacts"],
}).sort();

let failed = 0;
for (const project of projects) {
  const { status } = spawnSync(process.execPath, [compiler, "--project", project, "--noEmit"], {
    stdio: "inherit",
  });
  if (status !== 0) {
    failed++;
    console.error(`${project}: failed`);
  }
}
console.log(`types: ${projects.length - failed} projects without errors, ${failed} with errors`);
process.exitCode = failed === 0 && projects.length > 0 ? 0 : 1;
