import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const fuzzFolder: string = join(import.meta.dirname, "..");

/** File names derived from the content. Files with other names were named by a person. */
const hashedName = /^[0-9a-f]{40}\.bin$/;

function folderOf(kind: "corpus" | "findings", target: string): string {
  return join(fuzzFolder, kind, target);
}

/** An input in a file. */
export interface CorpusFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Reads the inputs of a target in a fixed order. */
export function readCorpus(target: string): CorpusFile[] {
  const folder = folderOf("corpus", target);
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((name) => name.endsWith(".bin"))
    .sort()
    .map((name) => ({ name, data: new Uint8Array(readFileSync(join(folder, name))) }));
}

/** Writes an input to a file named by its hash. Returns the path. */
export function writeInput(kind: "corpus" | "findings", target: string, data: Uint8Array): string {
  const folder = folderOf(kind, target);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${createHash("sha1").update(data).digest("hex")}.bin`);
  writeFileSync(path, data);
  return path;
}

/** Removes hash-named files that are not in `kept`. Returns their number. */
export function removeOthers(target: string, kept: ReadonlySet<string>): number {
  const others = readCorpus(target).filter(({ name }) => hashedName.test(name) && !kept.has(name));
  for (const { name } of others) rmSync(join(folderOf("corpus", target), name));
  return others.length;
}
