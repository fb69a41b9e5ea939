import { type Figures, figureOf, rivalOn, runtimes, tableOf } from "./figures.ts";

/** The table of echoes in docs/performance.md, as Markdown. */
export function echoTable(figures: Figures): string {
  const table = tableOf(figures, "echo");
  const lines = [
    "| work | Node: ours / ws with bufferutil / raw TCP | Deno: ours / native / raw TCP | Bun: ours / native / raw TCP |",
    "| --- | --- | --- | --- |",
  ];
  const row = (work: string, title: string, ours: string) => {
    const cells = runtimes.map((runtime) => {
      const own = figureOf(table, work, runtime, ours);
      const others = [rivalOn(runtime), "raw TCP"].map((name) =>
        figureOf(table, work, runtime, name),
      );
      if (own === undefined) return undefined;
      const parts = others.map((value = 0) => `${short(value)} (${(value / own).toFixed(2)})`);
      return [`**${short(own)}**`, ...parts].join(" / ");
    });
    if (cells.every((cell) => cell !== undefined))
      lines.push(`| ${[title, ...cells].join(" | ")} |`);
  };
  for (const work of new Set(table.rows.map((figure) => figure.work))) {
    row(work, work, "ours");
    row(work, "the same, borrowed", "ours, borrowed messages");
  }
  return lines.join("\n");
}

/** Three significant digits, but two decimals at most, as the tables have. */
function short(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
