import { setTimeout as delay } from "node:timers/promises";
import type { CertificateFiles } from "../../src/certificates.ts";
import { type Attack, setupOf } from "./attack.ts";
import type { Figures, VictimReport } from "./figures.ts";
import type { HonestClients } from "./honest-clients.ts";
import { honestCount } from "./honest-count.ts";
import { Scene } from "./scene.ts";
import { slownessOfMachine } from "./slowness.ts";
import { ownDescriptors, type Verdict, verdictOn } from "./thresholds.ts";
import type { Victim } from "./victim.ts";

/** What all attacks of a run share. */
export interface Stage {
  readonly honest: HonestClients;
  readonly certificates: CertificateFiles;
  readonly isShort: boolean;
}

/** Time that a victim has to forget the attacker, in milliseconds. */
const aftermath = 15_000;
/** How long the others are watched: they are not held to anything. */
const aftermathOfOthers = 3_000;
/** Interval at which descriptors are counted, in milliseconds. */
const sampling = 20;

/** Attacks a victim while honest clients use it, and judges what was measured. */
export async function runAttack(attack: Attack, victim: Victim, stage: Stage): Promise<Verdict> {
  const scene = new Scene(victim, stage.isShort, stage.certificates);
  try {
    return await attackIn(scene, attack, victim, stage);
  } catch (error) {
    // The victim or the honest clients do not answer any more.
    const faults = [...scene.faults, (error as Error).message];
    return { attack, contender: victim.contender, figures: undefined, faults };
  } finally {
    await scene.leave();
  }
}

async function attackIn(
  scene: Scene,
  attack: Attack,
  victim: Victim,
  { honest, certificates, isShort }: Stage,
): Promise<Verdict> {
  const { isSecure = false, isHttp2 = false } = setupOf(attack, isShort);
  await honest.open(victim.port, isSecure ? certificates.ca : undefined, isHttp2);
  if (!isShort) await delay(500);
  const before = await victim.report(true);
  const watch = new Watch(victim);
  await honest.enter("during");
  const start = performance.now();
  await attack.run(scene).catch((error: Error) => scene.faults.push(error.message));
  const duration = performance.now() - start;
  const cpu = victim.cpuTime - watch.cpuBefore;
  const during = victim.isRunning ? await victim.report() : before;
  await scene.leave();
  await honest.enter("after");
  const left = await forgotten(victim, watch, before);
  const { descriptors, memory } = watch.stop();
  const after = victim.isRunning ? await victim.report(true) : before;
  const last = { memory: victim.memory, descriptors: victim.descriptors };
  const figures: Figures = {
    honest: await honest.close(),
    memory: { ...memory, after: last.memory },
    memoryInUse: { before: before.memoryInUse, after: after.memoryInUse },
    descriptors: { ...descriptors, after: last.descriptors },
    cpu,
    duration,
    longestDelay: during.longestDelay,
    longestTurn: during.longestTurn,
    left: openCount(left),
    errors: after.errors,
    notes: scene.notes,
  };
  return verdictOn(attack, victim, scene.faults, figures, slownessOfMachine());
}

const openCount = ({ openConnections, pendingHandshakes }: VictimReport) =>
  openConnections + pendingHandshakes;

/** Waits until the victim has let go of everything but the honest clients. */
async function forgotten(
  victim: Victim,
  watch: Watch,
  before: VictimReport,
): Promise<VictimReport> {
  const limit = victim.contender.isOurs ? aftermath : aftermathOfOthers;
  const deadline = performance.now() + limit;
  for (;;) {
    if (!victim.isRunning) return before;
    const now = await victim.report();
    const more = victim.descriptors - watch.descriptorsBefore;
    const isForgotten = openCount(now) <= honestCount && more <= ownDescriptors;
    if (isForgotten || performance.now() > deadline) return now;
    await delay(20);
  }
}

/** Watches the figures of a victim's process. */
class Watch {
  readonly cpuBefore: number;
  readonly descriptorsBefore: number;
  private readonly victim: Victim;
  private readonly memoryBefore: number;
  private readonly timer: NodeJS.Timeout;
  private mostDescriptors: number;
  private peakMemory = 0;

  constructor(victim: Victim) {
    this.victim = victim;
    victim.resetPeakMemory();
    this.cpuBefore = victim.cpuTime;
    this.memoryBefore = victim.memory;
    this.descriptorsBefore = victim.descriptors;
    this.mostDescriptors = this.descriptorsBefore;
    this.timer = setInterval(() => this.look(), sampling);
  }

  stop() {
    clearInterval(this.timer);
    this.look();
    return {
      descriptors: { before: this.descriptorsBefore, peak: this.mostDescriptors },
      memory: { before: this.memoryBefore, peak: this.peakMemory },
    };
  }

  private look(): void {
    if (!this.victim.isRunning) return;
    this.mostDescriptors = Math.max(this.mostDescriptors, this.victim.descriptors);
    this.peakMemory = Math.max(this.peakMemory, this.victim.peakMemory);
  }
}
