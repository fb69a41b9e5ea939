import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

const subpaths = ["frame", "handshake", "deflate", "inspect"].map((name) => `src/${name}/index.ts`);

export default defineConfig({
  ...library,
  entry: ["src/index.ts", "src/internal.ts", ...subpaths],
});
