import { globSync } from "node:fs";

/** Test files that run together on one runtime. */
export interface Part {
  readonly name: string;
  /** The runtime on which Vitest runs. Tests of `conformance` start all three themselves. */
  readonly runtime: "node" | "deno" | "bun";
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /**
   * Environment variables beside those of this process. The files of a part that has any run in another
   * part as well; quick runs leave it out.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether `--all` runs it at full depth: one runtime is enough for what is pure. */
  readonly isDeeper: boolean;
}

const pure = ["codec", "websocket", "framewright"];
/** Packages that have tests on one runtime alone, beside its transport. */
const others = { node: ["cli"], deno: [], bun: [] };
/** Workers keep their modules from file to file: a new start for each takes longer than most files. */
const shared = ["--no-isolate", "--maxWorkers=2"];
/** Deno lacks what Vitest needs to end worker threads. */
const pools = { node: "threads", deno: "forks", bun: "threads" };
/** What these cost other connections is measured, so nothing else may run beside them. */
const measuredAttacks = /\/attacks\/(deflate-bombs|memory-comes-back|receive-memory)/;

function filesOf(...packages: string[]): string[] {
  return packages.flatMap((name) => globSync(`packages/${name}/test/**/*.test.ts`)).sort();
}

function transportTests(runtime: Part["runtime"], ...names: string[]): string[] {
  return names.map((name) => `packages/${runtime}-transport/test/${name}.test.ts`);
}

/** The tests in which connections write short messages, so that these may wait for others. */
const shortWrites = [
  "attach",
  "attach-attacks",
  "diagnostics",
  "streams",
  "tls-options",
  "unix-sockets",
  "websocket",
];

/** All parts, in the order in which they run. */
export function allParts(): Part[] {
  const conformance = filesOf("conformance");
  const attacks = conformance.filter((file) => file.includes("/attacks/"));
  // One more than there are cores of a small machine: these tests wait for processes and timeouts.
  const isolated = ["--pool=forks", "--maxWorkers=3"];
  return [
    ...(["node", "deno", "bun"] as const).map((runtime): Part => {
      const files = filesOf(...pure, ...others[runtime], `${runtime}-transport`);
      const flags = [...shared, `--pool=${pools[runtime]}`];
      return { name: runtime, runtime, files, flags, isDeeper: runtime === "node" };
    }),
    {
      name: "without internals",
      runtime: "node",
      files: transportTests("node", "node-transport", "connect"),
      flags: [...shared, "--pool=threads"],
      environment: { FRAMEWRIGHT_NO_INTERNALS: "1" },
      isDeeper: false,
    },
    ...(["node", "deno", "bun"] as const).map(
      (runtime): Part => ({
        name: `deferred writes ${runtime}`,
        runtime,
        files: transportTests(runtime, ...shortWrites),
        flags: [...shared, `--pool=${pools[runtime]}`],
        environment: { FRAMEWRIGHT_TEST_DEFERRED_WRITES: "1" },
        isDeeper: false,
      }),
    ),
    {
      name: "conformance",
      runtime: "node",
      files: conformance.filter((file) => !file.includes("/attacks/")),
      flags: isolated,
      isDeeper: true,
    },
    {
      name: "attacks",
      runtime: "node",
      files: attacks.filter((file) => !measuredAttacks.test(file)),
      flags: isolated,
      isDeeper: true,
    },
    {
      name: "measured attacks",
      runtime: "node",
      files: attacks.filter((file) => measuredAttacks.test(file)),
      flags: ["--pool=forks", "--maxWorkers=1"],
      isDeeper: true,
    },
  ];
}
