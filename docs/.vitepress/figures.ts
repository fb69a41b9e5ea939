import { readFileSync, writeFileSync } from "node:fs";
import { repositoryPath } from "./repository.ts";

/** One contender's figure at one work, a median. */
export interface Figure {
  readonly work: string;
  readonly runtime: "node" | "deno" | "bun";
  readonly contender: string;
  readonly value: number;
}

/** The figures of a suite of the benchmarks. Less is better. */
export interface FigureTable {
  readonly id: string;
  /** The title in the report of the benchmarks. */
  readonly title: string;
  readonly unit: string;
  readonly command: string;
  readonly rows: readonly Figure[];
}

export interface Figures {
  readonly machine: string;
  readonly tables: readonly FigureTable[];
}

const path = repositoryPath("docs/figures.json");
export const runtimes = ["node", "deno", "bun"] as const;

/** Reads the figures that tables and charts are made of. */
export function readFigures(): Figures {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The table with an id. */
export function tableOf(figures: Figures, id: string): FigureTable {
  const table = figures.tables.find((candidate) => candidate.id === id);
  if (table === undefined) throw new Error(`docs/figures.json has no table ${id}`);
  return table;
}

/** The figure of a contender at a work, if it was measured. */
export function figureOf(
  { rows }: FigureTable,
  work: string,
  runtime: string,
  contender: string,
): number | undefined {
  return rows.find(
    (row) => row.work === work && row.runtime === runtime && row.contender === contender,
  )?.value;
}

/** What is compared with ours on a runtime. */
export const rivalOn = (runtime: string) => (runtime === "node" ? "ws" : "native");

interface Report {
  readonly tables: readonly {
    readonly title: string;
    readonly rows: readonly {
      readonly work: string;
      readonly runtime: string;
      readonly contender: string;
      readonly samples: readonly Readonly<Record<string, number>>[];
    }[];
  }[];
}

/** Takes the figures of a report of `npm run bench` for those that both have. CPU is in nanoseconds. */
export function takeReport(reportPath: string): void {
  const report: Report = JSON.parse(readFileSync(reportPath, "utf8"));
  const figures = readFigures();
  const tables = figures.tables.map((table) => {
    const measured = report.tables.find(({ title }) => title === table.title);
    const rows = table.rows.map((row) => {
      const found = measured?.rows.find(
        ({ work, runtime, contender }) =>
          work === row.work && runtime.split(" ")[0] === row.runtime && contender === row.contender,
      );
      if (found === undefined) return row;
      const values = found.samples.map(({ cpu }) => cpu / 1_000).sort((a, b) => a - b);
      const value = Number(values[values.length >> 1].toPrecision(3));
      return { ...row, value };
    });
    return { ...table, rows };
  });
  const text = JSON.stringify({ ...figures, tables }, undefined, 2);
  // Rows are lines, as `npm run format` leaves them unless they are too long.
  const rows = text.replace(/\{\s+"work":[^}]*\}/g, (row) => row.replace(/\s*\n\s*/g, " "));
  writeFileSync(path, `${rows}\n`);
}
