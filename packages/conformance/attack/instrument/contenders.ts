import { type RuntimeName, repositoryPath, runtimeNamed } from "../../src/runtimes.ts";

/** A server that is attacked. */
export interface Contender {
  /** "Framewright" or the other server's name. */
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Whether it must stay within the thresholds. */
  readonly isOurs: boolean;
  readonly script: string;
}

const ours = (runtime: RuntimeName): Contender => ({
  name: "Framewright",
  runtime,
  isOurs: true,
  script: "ours",
});

export const contenders: readonly Contender[] = [
  ours("node"),
  ours("deno"),
  ours("bun"),
  { name: "ws", runtime: "node", isOurs: false, script: "ws" },
  { name: "Deno.serve", runtime: "deno", isOurs: false, script: "deno-serve" },
  { name: "Bun.serve", runtime: "bun", isOurs: false, script: "bun-serve" },
];

/** Flags that let a script collect garbage. */
const garbageCollection = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };

/** Returns the command that starts a contender from source, so that changes need no build. */
export function commandOf({ runtime, script }: Contender, settings: unknown): string[] {
  return [
    ...runtimeNamed(runtime).command,
    "--conditions=@framewright/source",
    ...garbageCollection[runtime],
    repositoryPath(`packages/conformance/attack/victims/${script}.ts`),
    JSON.stringify(settings),
  ];
}
