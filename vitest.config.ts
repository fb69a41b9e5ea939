import { defineConfig } from "vitest/config";
import { LongFilesFirst } from "./scripts/long-files-first.ts";

// Tests run from source: what a change breaks shows without a build.
const conditions = ["@framewright/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ["./test-setup.ts"],
    include: ["packages/*/test/**/*.test.ts"],
    sequence: { sequencer: LongFilesFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
