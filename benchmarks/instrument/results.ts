/** One round's figures by name. */
export type Sample = Readonly<Record<string, number>>;

/** The rounds of one contender at one work. */
export interface Row {
  readonly work: string;
  readonly runtime: string;
  readonly contender: string;
  readonly samples: readonly Sample[];
  /** A remark that is shown below the table. */
  readonly remark?: string;
}

/** How a figure is shown. */
export interface Column {
  readonly key: string;
  readonly title: string;
  readonly show: (value: number) => string;
}

/** The results of a suite. */
export interface Table {
  readonly title: string;
  /** The compared figure. Less is better. */
  readonly main: Column;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Also show the main figure as a grid of contenders and works, to show trends. */
  readonly grid?: boolean;
}

/** Formats a number with three significant digits, or as an integer from 100 on. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return size === 0 ? "0" : value.toPrecision(3);
}

const microseconds = (nanoseconds: number) => short(nanoseconds / 1_000);
const percent = (part: number) => `${Math.round(part * 100)}%`;

/** CPU time of the measured process per unit of work, in microseconds. */
export const cpuColumn = (unit: string): Column => {
  return { key: "cpu", title: `CPU µs/${unit}`, show: microseconds };
};
export const nanosecondColumn = (unit: string): Column => {
  return { key: "cpu", title: `CPU ns/${unit}`, show: short };
};
export const rateColumn = (unit: string): Column => {
  return { key: "rate", title: `${unit}s/s`, show: short };
};
export const latencyColumns: readonly Column[] = [
  { key: "p50", title: "p50 µs", show: microseconds },
  { key: "p99", title: "p99 µs", show: microseconds },
];
/** What memory costs: it varies less between runs and machines than CPU time does. */
export const memoryColumns: readonly Column[] = [
  { key: "allocated", title: "allocated B", show: short },
  { key: "pageFaults", title: "page faults/1,000", show: (value) => short(value * 1_000) },
  { key: "helperThreads", title: "other threads µs", show: microseconds },
  { key: "systemCalls", title: "system calls", show: short },
  { key: "madvise", title: "madvise/1,000", show: (value) => short(value * 1_000) },
  { key: "futex", title: "futex/1,000", show: (value) => short(value * 1_000) },
];
export const busyColumns: readonly Column[] = [
  { key: "busy", title: "busy", show: percent },
  { key: "loadBusy", title: "load busy", show: percent },
];
