/** The modules of the codec, and the tests that each of them has of its own. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const codec = "packages/codec";

/** A module, and the test files that test it. Paths are absolute. */
export interface CodecModule {
  readonly file: string;
  readonly tests: readonly string[];
}

/** Returns whether a file declares only types, so that there is nothing to run. */
function hasOnlyTypes(file: string): boolean {
  const { outputText } = ts.transpileModule(readFileSync(join(codec, "src", file), "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      removeComments: true,
    },
  });
  return outputText.trim() === "export {};";
}

/** Returns all modules of the codec but the entry points, which only export what others declare. */
export function codecModules(): CodecModule[] {
  const names = globSync("**/*.ts", { cwd: join(codec, "src") })
    .filter((file) => !hasOnlyTypes(file))
    .map((file) => file.slice(0, -".ts".length))
    .filter((name) => !/(^|\/)index$|^internal$/.test(name))
    .sort();
  const tests = globSync("**/*.test.ts", { cwd: join(codec, "test") });
  return names.map((name) => ({
    file: resolve(codec, "src", `${name}.ts`),
    tests: tests
      .filter((test) => moduleOf(test, names) === name)
      .map((test) => resolve(codec, "test", test)),
  }));
}

/**
 * Returns the module that a test file tests: the one with the longest name that starts the test's
 * name.
 */
function moduleOf(test: string, modules: readonly string[]): string | undefined {
  const name = test.slice(0, -".test.ts".length);
  return modules
    .filter((module) => name === module || name.startsWith(`${module}-`))
    .sort((left, right) => right.length - left.length)[0];
}
