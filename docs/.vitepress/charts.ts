/**
 * Draws the charts of docs/images and writes the table of docs/performance.md from docs/figures.json.
 *
 *     node docs/.vitepress/charts.ts                                             # after changes
 *     node docs/.vitepress/charts.ts --from .artifacts/benchmarks/report.json    # takes new figures
 *     node docs/.vitepress/charts.ts --check                                     # whether all is current
 */
import { readFileSync, writeFileSync } from "node:fs";
import { echoChart, memoryChart, sizeChart, type Theme, themes } from "./draw-charts.ts";
import { echoTable } from "./echo-table.ts";
import { type Figures, readFigures, takeReport } from "./figures.ts";
import { repositoryPath } from "./repository.ts";

const charts: Readonly<Record<string, (figures: Figures, theme: Theme) => string>> = {
  echo: echoChart,
  sizes: sizeChart,
  memory: memoryChart,
};

/** All files that are made of the figures, by their path. */
function chartFiles(figures: Figures): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, draw] of Object.entries(charts)) {
    for (const [scheme, theme] of Object.entries(themes))
      files.set(`docs/images/${name}-${scheme}.svg`, draw(figures, theme));
  }
  const page = "docs/performance.md";
  const [start, end] = ["<!-- figures: echo -->\n\n", "\n\n<!-- end of figures -->"];
  const text = readFileSync(repositoryPath(page), "utf8");
  const before = text.slice(0, text.indexOf(start) + start.length);
  files.set(page, before + echoTable(figures) + text.slice(text.indexOf(end)));
  return files;
}

/** Returns the files that are not as the figures say. */
export function staleCharts(): string[] {
  const files = [...chartFiles(readFigures())];
  return files.flatMap(([path, text]) => {
    try {
      return readFileSync(repositoryPath(path), "utf8") === text ? [] : [path];
    } catch {
      return [path];
    }
  });
}

if (import.meta.main) {
  const [mode, report] = process.argv.slice(2);
  if (mode === "--check") {
    const stale = staleCharts();
    for (const path of stale) console.error(`${path} is not as docs/figures.json says`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    if (mode === "--from") takeReport(report);
    for (const [path, text] of chartFiles(readFigures())) writeFileSync(repositoryPath(path), text);
  }
}
