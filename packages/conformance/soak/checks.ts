import { delay } from "./lines.ts";

/** Milliseconds for which a condition may not hold yet. */
const patience = 30_000;
/** Further faults are only counted. */
const shownFaults = 20;

/** The checks of one run: prints each as it is made. */
export class Checks {
  passed = 0;
  failed = 0;
  private readonly name: string;
  private faults = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Notes a fault of which none may occur. */
  fault(text: string): void {
    if (++this.faults <= shownFaults) this.note(`FAULT ${text}`);
  }

  that(title: string, ok: boolean, detail: unknown = ""): void {
    if (ok) this.passed++;
    else this.failed++;
    const text = typeof detail === "string" ? detail : JSON.stringify(detail);
    this.note(`${ok ? "ok  " : "FAIL"} ${title}${text === "" ? "" : `: ${text}`}`);
  }

  /** Observes until the condition holds. */
  async until(
    title: string,
    observe: () => Promise<Observed> | Observed,
    limit: number = patience,
  ): Promise<void> {
    const deadline = performance.now() + limit;
    let observed = await observe();
    while (!observed.ok && performance.now() < deadline) {
      await delay(500);
      observed = await observe();
    }
    this.that(title, observed.ok, observed.detail);
  }

  note(text: string): void {
    console.log(`${this.name}, ${(performance.now() / 1_000).toFixed(0)} s: ${text}`);
  }

  /** Counts the faults as one more check. */
  finish(): void {
    this.that("every message is accounted for", this.faults === 0, `${this.faults} faults`);
  }
}

/** Whether a condition holds, and what was seen. */
export interface Observed {
  readonly ok: boolean;
  readonly detail: string;
}
