import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library, // What few programs use is in files of its own, so that bundlers can leave it out.
  entry: ["src/index.ts", "src/attach.ts", "src/websocket.ts"],
});
