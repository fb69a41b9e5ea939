import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type Launcher, root } from "./runtimes.ts";

/**
 * Compiles a program in C.
 *
 * @param script - Its path relative to the benchmarks folder.
 * @returns What runs it; undefined if this machine has no compiler.
 * @throws Error with the compiler's output if it does not compile.
 */
export function compiled(script: string): Launcher | undefined {
  const folder = `${root}/.artifacts/benchmarks`;
  mkdirSync(folder, { recursive: true });
  const program = `${folder}/${script.replace(/.*\//, "").replace(/\.c$/, "")}`;
  const command = ["-O2", "-Wall", "-o", program, `${root}/benchmarks/${script}`];
  const { status, stderr, error } = spawnSync("cc", command, { encoding: "utf8" });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`${script} does not compile:\n${stderr}`);
  return { name: "C", command: () => [program] };
}
