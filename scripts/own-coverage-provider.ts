/** A coverage provider of Vitest that counts for each module of the codec what its own tests run. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import v8 from "@vitest/coverage-v8";
import {
  type ScriptCoverageWithOffset,
  V8CoverageProvider,
} from "@vitest/coverage-v8/dist/provider.js";
import { codecModules } from "./codec-modules.ts";

type Reading = Parameters<V8CoverageProvider["readCoverageFiles"]>[0];

class OwnCoverageProvider extends V8CoverageProvider {
  /** The files with what each test file has run, by the path of the test file. */
  private readonly files = new Map<string, string>();

  override onAfterSuiteRun(meta: Parameters<V8CoverageProvider["onAfterSuiteRun"]>[0]): void {
    for (const test of meta.testFiles) this.files.set(resolve(test), meta.coverage as string);
  }

  override async readCoverageFiles({ onFileRead, onFinished }: Reading): Promise<void> {
    for (const { file, tests } of codecModules()) {
      const { href } = pathToFileURL(file);
      for (const test of tests) {
        const path = this.files.get(test);
        if (path === undefined) continue;
        const { result } = JSON.parse(readFileSync(path, "utf8"));
        const own = result.filter(({ url }: ScriptCoverageWithOffset) => url === href);
        onFileRead({ result: own });
      }
    }
    await onFinished(this.ctx.getRootProject(), "ssr");
  }
}

export default { ...v8, getProvider: async () => new OwnCoverageProvider() };
