import { defineConfig } from "tsup";

/**
 * The command line of packages/cli, with what it bundles: users of the library install none of it.
 * LICENSE-THIRD-PARTY has the licences.
 */
export default defineConfig({
  entry: { cli: "../cli/src/main.ts" },
  format: ["esm"],
  target: "es2022",
  platform: "node",
  minify: true,
  treeshake: true,
  removeNodeProtocol: false,
  // The library itself stays an import, so that each runtime gets its own transport.
  external: [/^@framewright\//, "framewright"],
  // What is bundled may load modules of Node with `require`.
  banner: {
    js: [
      'import { createRequire as createCliRequire } from "node:module";',
      "const require = createCliRequire(import.meta.url);",
    ].join("\n"),
  },
});
