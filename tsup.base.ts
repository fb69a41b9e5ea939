import type { Options } from "tsup";

/** How every published package is built: one ESM file beside its declarations. */
export const library: Options = {
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "es2022",
  platform: "neutral",
  dts: true,
  clean: true,
  sourcemap: true,
  // No file has side effects. An import that is only there for them would make bundlers load with an
  // entry point what it loads when it is used.
  treeshake: { moduleSideEffects: "no-external" },
  // Workspace packages stay imports; their source condition is for the type checker alone.
  external: [/^@framewright\//],
};
