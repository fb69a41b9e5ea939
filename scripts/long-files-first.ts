import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Test files that take longest. Started last, each would run alone while the other cores idle. */
const longFiles =
  /(node|deno|bun)-transport\.test|\/(limits|exit|clients|frameworks|production|robustness|receiving|tls)\.test|\/browser\/|\/peers\//;

/** Starts the long test files first, and the others in the order that Vitest chooses. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longFiles.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
