import type { Options } from "tsup";

/**
 * How every published package is built: ESM and CommonJS, each with declarations of its own. The
 * entry points of a package share chunks in both, so that a class exists once. Source maps refer to
 * `src`, which is published, so that the sources are not published twice.
 */
export const library: Options = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  dts: true,
  clean: true,
  splitting: true,
  sourcemap: true,
  // Deno and bundlers know the modules of the runtime by their whole names.
  removeNodeProtocol: false,
  // No file has side effects. An import that is only there for them would make bundlers load with an
  // entry point what it loads when it is used.
  treeshake: { moduleSideEffects: "no-external" },
  // Workspace packages stay imports; their source condition is for the type checker alone.
  external: [/^@framewright\//, /^node:/],
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
};
