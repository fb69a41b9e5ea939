import { existsSync, readFileSync, rmSync } from "node:fs";

/** The number of checks that passed and failed. */
export interface Tally {
  passed: number;
  failed: number;
}

/** Returns the summary line that continuous integration reads. */
export function tallyLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

/**
 * Counts the tests of a vitest run from its JSON report. Deletes the report. A run that wrote no
 * report, or that exited with an error although no test failed, counts as one failure.
 */
export function tallyOfReport(file: string, exitCode: number | null): Tally {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  const passed: number = report.numPassedTests;
  let failed: number = report.numFailedTests;
  if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
  return { passed, failed };
}
