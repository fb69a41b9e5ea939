import { mkdirSync, writeFileSync } from "node:fs";
import { ours } from "./contenders.ts";
import type { Column, Row, Table } from "./results.ts";
import { spread } from "./statistics.ts";

/** The results of a run. */
export interface Report {
  readonly date: string;
  /** Versions and properties of the machine. */
  readonly facts: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
}

/** Writes `report.json` and `report.md`. */
export function writeReport(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/report.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${folder}/report.md`, formatReport(report));
}

export function formatReport({ date, facts, settings, notes, tables }: Report): string {
  const lines = [`# Benchmarks, ${date}`, ""];
  for (const [name, value] of Object.entries(facts)) lines.push(`- ${name}: ${value}`);
  lines.push(`- settings: ${JSON.stringify(settings)}`, "");
  lines.push(...notes.map((note) => `> ${note}\n`));
  return `${lines.join("\n")}\n${tables.map(formatTable).join("\n")}`;
}

/** Formats a table as Markdown: medians, and for the main figure also the minimum and maximum. */
export function formatTable(table: Table): string {
  const { title, main, columns, rows, notes, grid } = table;
  const head = ["work", "runtime", "contender", main.title, "min-max", "to ours"];
  const cells = [
    [...head, ...columns.map(({ title: heading }) => heading)],
    ...rows.map((row) => [
      row.work,
      row.runtime,
      row.remark === undefined ? row.contender : `${row.contender} †`,
      ...formatMain(main, row, rows),
      ...columns.map((column) => formatMedian(column, row)),
    ]),
  ];
  const remarks = rows.flatMap(({ work, runtime, contender, remark }) =>
    remark === undefined ? [] : [`† ${work}, ${runtime}, ${contender}: ${remark}.`],
  );
  const below = [...remarks, ...notes].map((note) => `${note}\n`);
  const overview = grid === true ? [...formatGrid(table), ""] : [];
  return [`## ${title}\n`, ...overview, ...align(cells), "", ...below].join("\n");
}

/** Formats the medians of the main figure: one row per contender, one column per work. */
function formatGrid({ main, rows }: Table): string[] {
  const works = [...new Set(rows.map(({ work }) => work))];
  const lines = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.runtime} ${row.contender}`;
    lines.set(name, [...(lines.get(name) ?? []), row]);
  }
  const cells = [...lines].map(([name, some]) => [
    name,
    ...works.map((work) => {
      const row = some.find((one) => one.work === work);
      return row === undefined ? "-" : formatMedian(main, row);
    }),
  ]);
  return align([[main.title, ...works], ...cells], 1);
}

function values(row: Row, key: string): number[] {
  return row.samples.map((sample) => sample[key]).filter((value) => Number.isFinite(value));
}

function formatMedian({ key, show }: Column, row: Row): string {
  const rounds = values(row, key);
  return rounds.length === 0 ? "-" : show(spread(rounds).median);
}

function formatMain({ key, show }: Column, row: Row, rows: readonly Row[]): string[] {
  const rounds = values(row, key);
  if (rounds.length === 0) return ["-", "-", "-"];
  const { median, min, max } = spread(rounds);
  const base = rows.find(
    ({ work, runtime, contender }) =>
      work === row.work && runtime === row.runtime && contender === ours,
  );
  const baseRounds = base === undefined ? [] : values(base, key);
  const ratio =
    baseRounds.length === 0 ? "-" : `${(median / spread(baseRounds).median).toFixed(2)}x`;
  return [show(median), `${show(min)}-${show(max)}`, ratio];
}

/**
 * Formats cells as a Markdown table with padded columns. The first `textColumns` are left-aligned.
 */
function align(rows: readonly (readonly string[])[], textColumns = 3): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) => {
    const padded = row.map((cell, i) =>
      i < textColumns ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    return `| ${padded.join(" | ")} |`;
  });
  const rule = widths.map((width, i) =>
    i < textColumns ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  lines.splice(1, 0, `| ${rule.join(" | ")} |`);
  return lines;
}
