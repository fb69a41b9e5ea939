import { raw } from "./contenders.ts";
import { type Row, short, type Table } from "./results.ts";
import { median } from "./statistics.ts";

/** Share of CPU time above which a process counts as fully busy. */
const saturated = 0.95;

/**
 * Checks that the load generator was not the bottleneck. Adds a remark to rows where the generator
 * was fully busy and the server was not, and a note that compares the fastest WebSocket of each
 * work with plain TCP under the same load.
 */
export function withLoadCheck(table: Table): Table {
  const rows = table.rows.map(remarkBottleneck);
  const works = [...new Set(rows.map(({ work }) => work))];
  const lines = works.flatMap((work) => proof(rows.filter((row) => row.work === work)));
  return { ...table, rows, notes: [...table.notes, ...lines] };
}

function middle(row: Row, key: string): number {
  return row.samples.length === 0 ? 0 : median(row.samples.map((sample) => sample[key]));
}

function remarkBottleneck(row: Row): Row {
  const limited = middle(row, "loadBusy") > saturated && middle(row, "busy") < saturated;
  return limited ? { ...row, remark: "the load generator was the bottleneck" } : row;
}

function proof(rows: readonly Row[]): string[] {
  const fastest = (some: readonly Row[]) =>
    some
      .filter(({ samples }) => samples.length > 0)
      .sort((a, b) => middle(b, "rate") - middle(a, "rate"))[0];
  const tcp = fastest(rows.filter(({ contender }) => contender === raw));
  const server = fastest(rows.filter(({ contender }) => contender !== raw));
  if (tcp === undefined || server === undefined) return [];
  const say = (row: Row) =>
    `${row.contender} on ${row.runtime} ${short(middle(row, "rate"))}/s with the generator ${Math.round(middle(row, "loadBusy") * 100)}% busy`;
  return [`Load check, ${rows[0].work}: ${say(tcp)}; the fastest WebSocket, ${say(server)}.`];
}
