import { DefaultReporter, type TestModule, type TestSpecification } from "vitest/node";

/** Prints one line for each test file as it ends, and how many are left; the errors of those that fail at the end. */
export default class ProgressReporter extends DefaultReporter {
  private total = 0;
  private ended = 0;

  constructor() {
    super({ summary: false });
  }

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications);
    this.total = specifications.length;
  }

  protected override printTestModule(module: TestModule): void {
    this.ended++;
    if (module.state() === "failed") return super.printTestModule(module);
    const count = String(this.ended).padStart(String(this.total).length);
    const path = module.relativeModuleId.replace(/^packages\//, "").replace(/\.test\.ts$/, "");
    const tests = [...module.children.allTests()].length;
    const seconds = (module.diagnostic().duration / 1_000).toFixed(1);
    this.log(
      `[${count}/${this.total}] ${path}: ${tests} ${tests === 1 ? "test" : "tests"}, ${seconds} s`,
    );
  }
}
