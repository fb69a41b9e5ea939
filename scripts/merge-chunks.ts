/**
 * Builds `dist/merged` from `dist`, with few files, because Node takes about 1 ms of CPU time for each
 * file that it loads. Bundlers get the many chunks of `dist`, so that a bundle with code splitting has
 * only what it uses, and so do Deno and Bun, for which the number of files makes no difference.
 *
 * `node ../../scripts/merge-chunks.ts LAYER...` runs in the folder of a package. A layer is a list of
 * entry points, separated by commas. What they import statically becomes one file, but for what an
 * earlier layer has. What only a dynamic import loads keeps files of its own.
 */
import { globSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type GetModuleInfo, type Plugin, rollup } from "rollup";

const source = resolve("dist");
const target = join(source, "merged");
/** The end of a chunk's name: a hash that esbuild makes. */
const hash = /-[A-Z0-9]{8}$/;

const layers = process.argv.slice(2).map((layer) => layer.split(","));
rmSync(target, { recursive: true, force: true });
const names = globSync("**/*.js", { cwd: source }).map((file) => file.slice(0, -".js".length));
const entries = names.filter((name) => !hash.test(name));
const fileOf = (name: string) => join(source, `${name}.js`);

/** Source maps then lead to the sources, not to esbuild's output. */
const withMaps: Plugin = {
  name: "with-maps",
  load: (file) => ({
    code: readFileSync(file, "utf8"),
    map: readFileSync(`${file}.map`, "utf8"),
  }),
};

/** Returns the layer of each module that belongs to one. */
function assignLayers(infoOf: GetModuleInfo): ReadonlyMap<string, string> {
  const layerOf = new Map<string, string>();
  for (const layer of layers) {
    const waiting = layer.map(fileOf);
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const info = infoOf(file);
      if (info === null || info.isExternal || layerOf.has(file)) continue;
      layerOf.set(file, layer[0].replace("/index", ""));
      waiting.push(...info.importedIds);
    }
  }
  return layerOf;
}

let layerOf: ReadonlyMap<string, string> | undefined;
const bundle = await rollup({
  input: Object.fromEntries(entries.map((name) => [name, fileOf(name)])),
  external: (id) => !/^[./]/.test(id),
  treeshake: { moduleSideEffects: false },
  plugins: [withMaps],
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
await bundle.write({
  dir: target,
  sourcemap: true,
  sourcemapExcludeSources: true,
  hoistTransitiveImports: false,
  minifyInternalExports: false,
  entryFileNames: "[name].js",
  chunkFileNames: ({ name }) => `${name.replace(hash, "")}-[hash].js`,
  manualChunks: (file, { getModuleInfo }) => {
    layerOf ??= assignLayers(getModuleInfo);
    return layerOf.get(file);
  },
});
