import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const fuzzFolder: string = join(import.meta.dirname, "..");

/** Names that were made from the bytes; every other name was given by a person. */
const hashedName = /^[0-9a-f]{40}\.bin$/;

function folderOf(kind: "corpus" | "findings", target: string): string {
  return join(fuzzFolder, kind, target);
}

/** An input that is kept in a file. */
export interface CorpusFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Reads the inputs of a target, always in the same order. */
export function readCorpus(target: string): CorpusFile[] {
  const folder = folderOf("corpus", target);
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((name) => name.endsWith(".bin"))
    .sort()
    .map((name) => ({ name, data: new Uint8Array(readFileSync(join(folder, name))) }));
}

/** Writes an input under the name of its bytes; returns the path. */
export function writeInput(kind: "corpus" | "findings", target: string, data: Uint8Array): string {
  const folder = folderOf(kind, target);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${createHash("sha1").update(data).digest("hex")}.bin`);
  writeFileSync(path, data);
  return path;
}

/** Removes the files that are not among those to keep, unless a person named them; returns how many. */
export function removeOthers(target: string, kept: ReadonlySet<string>): number {
  const others = readCorpus(target).filter(({ name }) => hashedName.test(name) && !kept.has(name));
  for (const { name } of others) rmSync(join(folderOf("corpus", target), name));
  return others.length;
}
