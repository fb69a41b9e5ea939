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
  treeshake: true,
  // Workspace packages stay imports; their source condition is for the type checker alone.
  external: [/^@framewright\//],
};
