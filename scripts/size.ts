/**
 * Measures what users download: bundles of one import each, minified and compressed, against
 * size-budget.json. `node scripts/size.ts [--update]` measures the built packages of the repository;
 * with `--update` it writes a budget of 1% above what it measured.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const budgetFile = join(root, "size-budget.json");

interface Bundle {
  readonly name: string;
  readonly contents: string;
  /** The export condition of its runtime. Default node. */
  readonly condition?: "node" | "deno" | "bun" | "browser";
}

const transports = (["node", "deno", "bun"] as const).flatMap((condition): Bundle[] => {
  const from = `"@framewright/${condition}-transport"`;
  return [
    { name: `${condition}: serve + connect`, contents: `export { serve, connect } from ${from}` },
    { name: `${condition}: serve`, contents: `export { serve } from ${from}` },
    { name: `${condition}: connect`, contents: `export { connect } from ${from}` },
  ].map((bundle) => ({ ...bundle, condition }));
});

const umbrella = (["node", "deno", "bun"] as const).map(
  (condition): Bundle => ({
    name: `framewright on ${condition}: serve + connect`,
    contents: 'export { serve, connect } from "framewright"',
    condition,
  }),
);

const bundles: readonly Bundle[] = [
  { name: "codec: all", contents: 'export * from "framewright/codec"' },
  { name: "codec: Connection", contents: 'export { Connection } from "framewright/codec"' },
  { name: "codec: FrameDecoder", contents: 'export { FrameDecoder } from "framewright/frame"' },
  { name: "codec: encodeFrame", contents: 'export { encodeFrame } from "framewright/frame"' },
  { name: "codec: StatusCode", contents: 'export { StatusCode } from "framewright/codec"' },
  ...transports,
  ...umbrella,
  ...(["framewright", "framewright/client"] as const).map(
    (from): Bundle => ({
      name: `browser: reconnecting of ${from}`,
      contents: `export { reconnecting } from "${from}"`,
      condition: "browser",
    }),
  ),
];

export interface Measured {
  readonly name: string;
  /** Length in bytes of what is loaded at once, minified. */
  readonly minified: number;
  /** The same with gzip. */
  readonly compressed: number;
  /** With gzip, the chunks that are loaded when an option needs them. */
  readonly later: number;
  /** With gzip, everything in one file, as a bundler without code splitting makes it. */
  readonly oneFile: number;
}

/** Bundles one import. Modules of the runtime stay outside. */
function bundle({ contents, condition = "node" }: Bundle, from: string, splitting: boolean) {
  return buildSync({
    stdin: { contents, resolveDir: from, sourcefile: "entry.js" },
    bundle: true,
    minify: true,
    splitting,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    platform: condition === "browser" ? "browser" : "neutral",
    mainFields: ["module", "main"],
    conditions: [condition, "import"],
    external: ["node:*", ...builtinModules, "bun", "bun:*"],
    outdir: "out",
    absWorkingDir: from,
    logLevel: "error",
  });
}

function measure(one: Bundle, from: string): Measured {
  const { outputFiles, metafile } = bundle(one, from, true);
  const first = new Set<string>();
  const follow = (path: string): void => {
    if (first.has(path)) return;
    first.add(path);
    for (const { kind, path: next, external } of metafile.outputs[path].imports) {
      if (kind === "import-statement" && !external) follow(next);
    }
  };
  const entry = Object.entries(metafile.outputs).find(
    ([, { entryPoint }]) => entryPoint === "entry.js" || entryPoint === "<stdin>",
  );
  follow(entry?.[0] ?? Object.keys(metafile.outputs)[0]);
  let [minified, compressed, later] = [0, 0, 0];
  for (const { path, contents: bytes } of outputFiles) {
    const { length } = gzipSync(bytes, { level: 9 });
    if (![...first].some((name) => path.endsWith(`/${name}`))) later += length;
    else {
      minified += bytes.length;
      compressed += length;
    }
  }
  const [whole] = bundle(one, from, false).outputFiles;
  const oneFile = gzipSync(whole.contents, { level: 9 }).length;
  return { name: one.name, minified, compressed, later, oneFile };
}

/** `ws` whole, for comparison. */
const ws: Bundle = { name: "ws, whole", contents: 'export * from "ws"' };

/**
 * Measures all bundles and prints a table.
 *
 * @param from - A folder with the packages installed.
 * @returns The bundles that exceed their budget, in words.
 */
export function checkSizes(from: string): string[] {
  const budget: Record<string, number> = JSON.parse(readFileSync(budgetFile, "utf8"));
  const faults: string[] = [];
  const rows = bundles.map((one) => measure(one, from));
  for (const { name, compressed } of rows) {
    if (budget[name] === undefined) faults.push(`${name} has no budget`);
    else if (compressed > budget[name]) {
      faults.push(`${name} takes ${compressed} bytes with gzip, its budget is ${budget[name]}`);
    }
  }
  for (const name of Object.keys(budget)) {
    if (!rows.some((row) => row.name === name)) faults.push(`${name} has a budget and no bundle`);
  }
  printTable([...rows, measure(ws, root)], budget);
  return faults;
}

function printTable(rows: readonly Measured[], budget: Readonly<Record<string, number>>): void {
  const line = (...[name, ...cells]: (string | number)[]) =>
    console.log(
      `    ${String(name).padEnd(42)}${cells.map((cell) => String(cell).padStart(10)).join("")}`,
    );
  line("bytes", "minified", "gzip", "budget", "later", "one file");
  for (const { name, minified, compressed, later, oneFile } of rows) {
    line(name, minified, compressed, budget[name] ?? "-", later === 0 ? "-" : later, oneFile);
  }
}

if (import.meta.main) {
  const from = root;
  if (process.argv.includes("--update")) {
    const entries = bundles.map((one) => {
      const { name, compressed } = measure(one, from);
      return [name, Math.ceil(compressed * 1.01)];
    });
    writeFileSync(budgetFile, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
  }
  const faults = checkSizes(from);
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
