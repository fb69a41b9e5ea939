import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { groups } from "./attack.ts";
import type { Latencies } from "./figures.ts";
import type { Verdict } from "./thresholds.ts";

/** What a run measured, and where. */
export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly versions: string;
  readonly verdicts: readonly Verdict[];
}

const mebibyte = 1_048_576;

export function writeJson(file: string, report: Report): void {
  const verdicts = report.verdicts.map(({ attack: { name, group }, ...rest }) => ({
    name,
    group,
    ...rest,
  }));
  save(file, `${JSON.stringify({ ...report, verdicts }, undefined, 2)}\n`);
}

export function writeMarkdown(file: string, report: Report): void {
  save(file, formatReport(report));
}

function save(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const introduction = `# What do attacks cost?

Each attack runs against a server in a process of its own, while 20 honest clients exchange a message
every 25 ms and a new client connects every 100 ms. Thresholds apply to Framewright; the other
servers run with their defaults, for comparison. The thresholds of every attack: each honest client
gets each answer, each new one too unless the text says otherwise; the process neither ends nor
prints or reports an error; no turn of the event loop takes 1.5 seconds of CPU time; afterwards all
connections and descriptors of the attacker are gone, and at most 16 MiB more memory is in use. A
command with "--together" attacks the servers of the three runtimes at once: they share the machine,
which lengthens all waits.

"Closing" ends connections in every way at every byte of a conversation, from both sides, on servers
and clients: each connection that was opened must have exactly one close event, the last of its
events, with the right status code, and the process must end by itself. In "callers" the application
is the attacker: it passes wrong values, changes memory that it has sent, and calls every method from
every callback.

In the group "servers" the victim is a client too: it connects to servers that attack it, with
\`connect\`, \`reconnecting\` and the standard \`WebSocket\` class, the other victims with their own
\`WebSocket\`. Each attempt must end once and in one way: a rejection with a stable code, or one \`error\`
and one \`close\` with 1006. A process that makes each attempt once and has no more to do must end.

The servers of the group "http2" are attached to a server of HTTP/2 and HTTP/1.1. Ten of the honest
connections are streams of one connection of HTTP/2, as is every other new client, on a connection of
its own; the others use HTTP/1.1.`;

const legend = `- honest: waits of the honest clients before and during the attack, median / longest, in ms
- new: longest wait of a new client for its connection and echo in ms, and how many were turned away
- memory: resident memory before, at its peak and afterwards, in MiB
- CPU: share of one core that the server used, and longest delay of a timer in its event loop, in ms
- fds: open descriptors before, at their peak and afterwards
- left: connections that were still open afterwards; 20 are the honest ones`;

function formatReport({ date, command, machine, versions, verdicts }: Report): string {
  const facts = [`- ${date}`, `- \`${command}\``, `- ${machine}`, `- ${versions}`];
  const parts = [introduction, facts.join("\n"), legend];
  for (const group of groups) {
    const some = verdicts.filter(({ attack }) => attack.group === group);
    if (some.length === 0) continue;
    parts.push(`## ${group[0].toUpperCase()}${group.slice(1)}`);
    for (const attack of new Set(some.map((verdict) => verdict.attack))) {
      const { memory, newcomers = true } = attack.thresholds;
      const waived = newcomers ? "" : " New clients may be turned away.";
      parts.push(
        `### ${attack.name}`,
        `${attack.about}. Memory may grow by ${memory} MiB.${waived}`,
        formatTable(some.filter((verdict) => verdict.attack === attack)),
      );
    }
  }
  return `${parts.join("\n\n")}\n`;
}

const heads = ["server", "honest", "new", "memory", "CPU", "fds", "left", "result"];

function formatTable(verdicts: readonly Verdict[]): string {
  const rows = [heads, ...verdicts.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

function cellsOf({ contender, figures, faults }: Verdict): string[] {
  const outcome = contender.isOurs ? (faults.length === 0 ? "passed" : "FAILED") : "";
  const details = [...new Set(faults)].slice(0, 3).map((fault) => fault.slice(0, 160));
  const server = `${contender.name}, ${contender.runtime}`;
  if (figures === undefined) {
    const result = escaped([outcome, "no answer any more", ...details]);
    return [server, ...heads.slice(2).map(() => "-"), result];
  }
  const { honest, memory, descriptors, notes } = figures;
  const mib = (bytes: number) => Math.round(bytes / mebibyte);
  const away = honest.turnedAway.length;
  const notesText = Object.entries(notes).map(([name, value]) => `${name}: ${value}`);
  return [
    server,
    `${times(honest.before)}; ${times(honest.during)}`,
    `${milliseconds(honest.newcomers.longest)}${away === 0 ? "" : `, ${away} turned away`}`,
    `${mib(memory.before)}, ${mib(memory.peak)}, ${mib(memory.after)}`,
    `${Math.round((100 * figures.cpu) / figures.duration)}%, ${milliseconds(figures.longestDelay)}`,
    `${descriptors.before}, ${descriptors.peak}, ${descriptors.after}`,
    String(figures.left),
    escaped([outcome, ...details, ...notesText]),
  ];
}

/** Joins texts for a cell of a table. */
function escaped(texts: readonly string[]): string {
  const text = texts.filter((one) => one !== "").join("; ");
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

const times = ({ median, longest }: Latencies) =>
  `${milliseconds(median)} / ${milliseconds(longest)}`;

function milliseconds(time: number): string {
  if (Number.isNaN(time)) return "-";
  return time < 10 ? time.toFixed(1) : String(Math.round(time));
}
