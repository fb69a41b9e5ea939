/** Attacks servers and shows what it costs them; see CONTRIBUTING.md. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeCertificateFiles } from "../src/certificates.ts";
import { repositoryPath, runtimes } from "../src/runtimes.ts";
import { type Attack, groups, setupOf } from "./instrument/attack.ts";
import { type Contender, contenders } from "./instrument/contenders.ts";
import { describeMachine, pinAttacker } from "./instrument/cores.ts";
import { HonestClients } from "./instrument/honest-clients.ts";
import { writeJson, writeMarkdown } from "./instrument/report.ts";
import { runAttack, type Stage } from "./instrument/run-attack.ts";
import type { Verdict } from "./instrument/thresholds.ts";
import { Victim } from "./instrument/victim.ts";
import { attacks } from "./table.ts";

const usage = `usage: npm run attack [-- [--short] [--list] [--runtime NAME] [--ours] [--others] [--together] [--write FILE] [WORD...]]

  --short         smaller and shorter attacks, on Framewright alone
  --list          shows the attacks instead of running them
  --runtime NAME  node, deno or bun; may be repeated
  --ours          leaves out the other servers
  --others        leaves out Framewright
  --together      attacks the servers of all runtimes at once: faster, but they disturb each other
  --write FILE    writes the tables to this file too
  WORD            a group (${groups.join(", ")}) or a part of an attack's name`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    runtime: { type: "string", multiple: true, default: [] },
    ours: { type: "boolean", default: false },
    others: { type: "boolean", default: false },
    together: { type: "boolean", default: false },
    write: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const chosen = attacks.filter(({ name, group }) =>
  positionals.every((word) => group === word || name.includes(word)),
);
const victims = contenders.filter(
  ({ runtime, isOurs }) =>
    (values.runtime.length === 0 || values.runtime.includes(runtime)) &&
    (isOurs ? !values.others : !(values.short || values.ours)),
);

/** Victims by their setup. In the short form attacks with the same setup share one. */
class Victims {
  private readonly kept = new Map<string, Victim>();
  private readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async take(contender: Contender, attack: Attack): Promise<Victim> {
    const setup = setupOf(attack, this.stage.isShort);
    const key = JSON.stringify([contender, setup]);
    const kept = this.kept.get(key);
    this.kept.delete(key);
    return kept ?? (await Victim.start(contender, setup, this.stage.certificates));
  }

  giveBack(victim: Victim, attack: Attack, isUnharmed: boolean): void {
    const { isShort } = this.stage;
    const key = JSON.stringify([victim.contender, setupOf(attack, isShort)]);
    if (isUnharmed && isShort) this.kept.set(key, victim);
    else victim.stop();
  }

  stop(): void {
    for (const victim of this.kept.values()) victim.stop();
    this.kept.clear();
  }
}

/** Runs one attack. A victim that does not start, ends or hangs has failed. */
async function attackOne(
  attack: Attack,
  contender: Contender,
  victims: Victims,
  stage: Stage,
): Promise<Verdict> {
  const victim = await victims.take(contender, attack).catch((error: Error) => error);
  if (victim instanceof Error)
    return { attack, contender, figures: undefined, faults: [victim.message] };
  const verdict = await runAttack(attack, victim, stage);
  victims.giveBack(victim, attack, victim.isUnharmed && verdict.faults.length === 0);
  return verdict;
}

/** Runs all chosen attacks on one contender. */
async function attackAll(contender: Contender, verdicts: Verdict[]): Promise<Counts> {
  const counts = { passed: 0, failed: 0 };
  const certificates = await makeCertificateFiles();
  let stage: Stage = { honest: await HonestClients.start(), certificates, isShort: values.short };
  const victims = new Victims(stage);
  for (const attack of chosen) {
    if (!contender.isOurs && attack.compares === false) continue;
    const start = performance.now();
    const verdict = await attackOne(attack, contender, victims, stage);
    verdicts.push(verdict);
    if (verdict.figures === undefined) {
      // What is left of the honest clients would disturb the next attack.
      stage.honest.stop();
      stage = { ...stage, honest: await HonestClients.start() };
    }
    if (contender.isOurs) counts[verdict.faults.length === 0 ? "passed" : "failed"]++;
    print(verdict, performance.now() - start);
  }
  victims.stop();
  stage.honest.stop();
  await certificates.remove();
  return counts;
}

interface Counts {
  passed: number;
  failed: number;
}

function print({ attack, contender, faults }: Verdict, milliseconds: number): void {
  const { name, runtime, isOurs } = contender;
  const outcome = !isOurs ? "measured" : faults.length === 0 ? "passed" : "FAILED";
  const seconds = (milliseconds / 1_000).toFixed(1);
  console.log(`${outcome}  ${name} on ${runtime}: ${attack.group}, ${attack.name} (${seconds} s)`);
  for (const fault of [...new Set(faults)].slice(0, 10)) console.log(`    ${fault.slice(0, 400)}`);
}

function versions(): string {
  const ws = JSON.parse(readFileSync(repositoryPath("node_modules/ws/package.json"), "utf8"));
  const names = runtimes.map(({ name, command: [program] }) => {
    const [line] = spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.split("\n");
    return `${name} ${/\d+\.\d+\.\d+/.exec(line)?.[0]}`;
  });
  return [...names, `ws ${ws.version}`].join(", ");
}

/** Writes what was measured so far. */
function save(verdicts: readonly Verdict[]): void {
  const args = process.argv.slice(2);
  const report = {
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run attack", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
    machine: describeMachine(),
    versions: versions(),
    verdicts,
  };
  writeJson(repositoryPath(".artifacts/attacks/report.json"), report);
  writeMarkdown(repositoryPath(".artifacts/attacks/report.md"), report);
  if (values.write !== undefined) writeMarkdown(values.write, report);
}

async function main(): Promise<void> {
  if (values.help) return console.log(usage);
  if (values.list) {
    for (const { group, name, about, thresholds } of chosen) {
      console.log(`${group}: ${name}\n    ${about}\n    ${JSON.stringify(thresholds)}`);
    }
    return;
  }
  pinAttacker();
  const verdicts: Verdict[] = [];
  const counts = { passed: 0, failed: chosen.length === 0 || victims.length === 0 ? 1 : 0 };
  if (counts.failed > 0) console.log(`nothing matches\n\n${usage}`);
  const attackNext = async (contender: Contender) => {
    const { passed, failed } = await attackAll(contender, verdicts);
    counts.passed += passed;
    counts.failed += failed;
    save(verdicts);
  };
  // The short form is for verdicts, not for figures: much of its time is waiting.
  if (values.short || values.together) {
    await Promise.all(victims.filter(({ isOurs }) => isOurs).map(attackNext));
    await Promise.all(victims.filter(({ isOurs }) => !isOurs).map(attackNext));
  } else for (const contender of victims) await attackNext(contender);
  console.log("written to .artifacts/attacks/report.md and report.json");
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

await main();
// Connections to servers that hang may be left.
process.exit();
