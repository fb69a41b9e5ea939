import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Figures, type FigureTable, figureOf, rivalOn, runtimes, tableOf } from "./figures.ts";

/** The colours of a chart. Each has a contrast of at least 4.5 with the page. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  readonly ours: string;
  readonly other: string;
  readonly raw: string;
}

export const themes: Readonly<Record<"light" | "dark", Theme>> = {
  light: { text: "#3c3f47", grid: "#d9d6d0", ours: "#9a4216", other: "#1f5f8b", raw: "#71757e" },
  dark: { text: "#d4d6dc", grid: "#3a3e47", ours: "#f0a57b", other: "#7db8e0", raw: "#9a9da7" },
};

const titles: Readonly<Record<string, string>> = {
  node: "Node: ws with bufferutil",
  deno: "Deno: its own WebSocket",
  bun: "Bun: its own WebSocket",
};

const style = { background: "transparent", fontFamily: "system-ui, sans-serif", fontSize: "14px" };

/** Draws as an SVG file of its own, with a title for those who cannot see it. */
function svgOf(options: Plot.PlotOptions, theme: Theme, title: string): string {
  const { document } = parseHTML("<!doctype html><body></body>");
  const plot = Plot.plot({
    ...options,
    document: document as unknown as Document,
    style: { ...style, color: theme.text },
  });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  plot.setAttribute("role", "img");
  const svg = plot.outerHTML.replace(/(<svg[^>]*>)/, `$1<title>${title}</title>`);
  return `${svg.replaceAll(/ class="plot-\w+"/g, "").replaceAll(/\n\s*/g, " ")}\n`;
}

/** How often ours fits into the other implementation's cost: above 1 ours costs less. */
interface Ratio {
  readonly work: string;
  readonly runtime: string;
  readonly ratio: number;
  readonly text: string;
}

const echoWorks = [
  "one in flight, 32 B binary",
  "one in flight, 1 KiB binary",
  "pipelined, 64 B binary",
  "pipelined, 1 KiB binary",
  "pipelined, 1 KiB text",
  "large, 64 KiB binary",
  "large, 1 MiB binary",
];

function ratios(table: FigureTable): Ratio[] {
  return runtimes.flatMap((runtime) =>
    echoWorks.map((work) => {
      const ours = figureOf(table, work, runtime, "ours") ?? Number.NaN;
      const ratio = (figureOf(table, work, runtime, rivalOn(runtime)) ?? Number.NaN) / ours;
      return {
        work,
        runtime: titles[runtime],
        ratio,
        text: `${ratio.toFixed(ratio < 10 ? 2 : 1)}×`,
      };
    }),
  );
}

/** What the others' echo servers cost, as a multiple of ours. */
export function echoChart(figures: Figures, theme: Theme): string {
  const data = ratios(tableOf(figures, "echo"));
  const fill = ({ ratio }: Ratio) => (ratio < 1 ? theme.other : theme.ours);
  const title = "CPU time of other echo servers, as a multiple of ours";
  return svgOf(
    {
      width: 560,
      height: 640,
      marginLeft: 190,
      marginRight: 56,
      marginTop: 44,
      x: {
        type: "log",
        domain: [0.6, 30],
        ticks: [1, 2, 5, 10, 20],
        tickFormat: (value: number) => `${value}×`,
        label: null,
      },
      y: { domain: echoWorks, label: null, tickSize: 0 },
      fy: { domain: Object.values(titles), label: null, axis: null, padding: 0.28 },
      marks: [
        Plot.gridX({ stroke: theme.grid, strokeOpacity: 1, ticks: [1, 2, 5, 10, 20] }),
        Plot.axisY({ fontSize: 13, tickSize: 0, fill: theme.text, label: null }),
        Plot.axisX({
          fontSize: 13,
          fill: theme.text,
          anchor: "bottom",
          ticks: [1, 2, 5, 10, 20],
          tickFormat: (value: number) => `${value}×`,
          label: null,
        }),
        Plot.ruleX([1], { stroke: theme.text, strokeWidth: 1.5 }),
        Plot.barX(data, {
          x1: 1,
          x2: "ratio",
          y: "work",
          fy: "runtime",
          fill,
          insetTop: 4,
          insetBottom: 4,
        }),
        Plot.text(data, {
          x: (row: Ratio) => Math.max(1, row.ratio),
          y: "work",
          fy: "runtime",
          text: "text",
          dx: 6,
          textAnchor: "start",
          fontSize: 13,
          fontWeight: 600,
          fill,
        }),
        facetTitles(theme, -180),
      ],
    },
    theme,
    title,
  );
}

const bytesOf = (work: string) => {
  const [, number, unit] = /([\d,]+) (B|KiB|MiB)/.exec(work) ?? [];
  return Number(number) * { B: 1, KiB: 1_024, MiB: 1_048_576 }[unit as "B"];
};

function bytesText(bytes: number): string {
  if (bytes >= 1_048_576) return `${bytes / 1_048_576} MiB`;
  return bytes >= 1_024 ? `${bytes / 1_024} KiB` : `${bytes} B`;
}

/** Ours, the other implementation and plain TCP, in the order of a legend. */
const kinds = ["ours", "other", "raw TCP"] as const;
const kindOf = (contender: string) =>
  contender === "ours" || contender === "raw TCP" ? contender : "other";

/** Grid lines of costs in microseconds. */
const costs = [10, 100, 1_000, 10_000];

interface End {
  readonly runtime: string;
  readonly value: number;
}

/** How many lines of a chart end above this one. */
function ranksOf(ends: readonly End[], { runtime, value }: End): number {
  return ends.filter((end) => end.runtime === runtime && end.value > value).length;
}

/** The cost of a message by its size. */
export function sizeChart(figures: Figures, theme: Theme): string {
  const data = tableOf(figures, "sizes").rows.map(({ work, runtime, contender, value }) => {
    return {
      bytes: bytesOf(work),
      value,
      kind: kindOf(contender),
      contender,
      runtime: titles[runtime],
    };
  });
  const ends = data.filter(({ bytes }) => bytes === 16 * 1_048_576);
  const colours = { ours: theme.ours, other: theme.other, "raw TCP": theme.raw };
  return svgOf(
    {
      width: 560,
      height: 820,
      marginLeft: 84,
      marginRight: 76,
      marginTop: 44,
      marginBottom: 40,
      x: { type: "log", base: 2, label: null },
      y: { type: "log", label: null },
      fy: { domain: Object.values(titles), axis: null, padding: 0.2 },
      marks: [
        Plot.gridY({ stroke: theme.grid, strokeOpacity: 1, ticks: costs }),
        Plot.axisY({
          fontSize: 13,
          ticks: costs,
          fill: theme.text,
          tickFormat: (value: number) => `${value.toLocaleString("en")} µs`,
          label: null,
        }),
        Plot.axisX({
          fontSize: 13,
          fill: theme.text,
          ticks: [128, 2_048, 32_768, 524_288, 16 * 1_048_576],
          tickFormat: bytesText,
          label: null,
        }),
        ...kinds.map((kind) =>
          Plot.line(
            data.filter((row) => row.kind === kind),
            {
              x: "bytes",
              y: "value",
              fy: "runtime",
              stroke: colours[kind],
              strokeWidth: kind === "ours" ? 3 : 2,
              strokeDasharray: kind === "raw TCP" ? "4 4" : "none",
            },
          ),
        ),
        Plot.dot(data, {
          x: "bytes",
          y: "value",
          fy: "runtime",
          fill: ({ kind }) => colours[kind as "ours"],
          r: 3,
        }),
        ...[-13, 0, 13].map((dy, place) =>
          Plot.text(
            ends.filter((end) => ranksOf(ends, end) === place),
            {
              x: "bytes",
              y: "value",
              fy: "runtime",
              text: "contender",
              dx: 8,
              dy,
              textAnchor: "start",
              fontSize: 13,
              fill: ({ kind }) => colours[kind as "ours"],
            },
          ),
        ),
        facetTitles(theme, -76),
      ],
    },
    theme,
    "CPU time of an echo by the size of the message, on logarithmic scales",
  );
}

function facetTitles(theme: Theme, dx: number) {
  return Plot.text(Object.values(titles), {
    fy: (runtime: string) => runtime,
    text: (runtime: string) => runtime,
    frameAnchor: "top-left",
    dx,
    dy: -20,
    fontSize: 15,
    fontWeight: 600,
    fill: theme.text,
  });
}

/** Memory of an idle connection. */
export function memoryChart(figures: Figures, theme: Theme): string {
  const data = tableOf(figures, "memory").rows.map(({ runtime, contender, value }) => {
    const kind = kindOf(contender);
    return { value, kind, name: contender === "native" ? "its own" : contender, runtime };
  });
  const colours = { ours: theme.ours, other: theme.other, "raw TCP": theme.raw };
  const names = { node: "Node", deno: "Deno", bun: "Bun" } as Record<string, string>;
  const rows = data.map((row) => ({ ...row, row: `${names[row.runtime]}: ${row.name}` }));
  return svgOf(
    {
      width: 560,
      height: 330,
      marginLeft: 120,
      marginRight: 64,
      x: { label: null, domain: [0, 18_000] },
      y: { domain: rows.map(({ row }) => row), label: null },
      marks: [
        Plot.gridX({ stroke: theme.grid, strokeOpacity: 1 }),
        Plot.axisY({ fontSize: 13, tickSize: 0, fill: theme.text, label: null }),
        Plot.axisX({
          fontSize: 13,
          fill: theme.text,
          ticks: 4,
          tickFormat: (value: number) => `${value / 1_000} kB`,
          label: null,
        }),
        Plot.barX(rows, {
          x: "value",
          y: "row",
          fill: ({ kind }) => colours[kind as "ours"],
          insetTop: 3,
          insetBottom: 3,
        }),
        Plot.text(rows, {
          x: "value",
          y: "row",
          text: ({ value }) => value.toLocaleString("en"),
          dx: 6,
          textAnchor: "start",
          fontSize: 13,
          fill: theme.text,
        }),
      ],
    },
    theme,
    "Memory of an idle connection in bytes",
  );
}
