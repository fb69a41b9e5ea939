import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library,
  entry: [
    "src/index.ts",
    "src/transport/index.ts",
    "src/transport/extras.ts",
    "src/testing/index.ts",
    "src/reconnecting/index.ts",
  ],
});
