import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library,
  entry: [
    "src/index.ts",
    "src/transport/index.ts",
    // In files of their own, because they import at once what others load when it is used.
    "src/server/attach.ts",
    // Without an entry of its own it would share a file with what only compression loads.
    "src/runtime/internals.ts",
    "src/web/classes.ts",
    "src/transport/extras.ts",
    "src/testing/index.ts",
    "src/reconnecting/index.ts",
  ],
});
