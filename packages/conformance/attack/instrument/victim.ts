import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  descriptorCount,
  processorTime,
  residentMemory,
} from "../../src/attack/process-figures.ts";
import type { CertificateFiles } from "../../src/certificates.ts";
import type { DialOutcome, DialQuestion } from "../victims/dial.ts";
import type { VictimQuestion } from "../victims/report-victim.ts";
import type { VictimSettings } from "../victims/victim-settings.ts";
import type { Setup } from "./attack.ts";
import { type Contender, commandOf } from "./contenders.ts";
import { onVictimCore } from "./cores.ts";
import type { VictimReport } from "./figures.ts";
import { LineProcess } from "./line-process.ts";

/** An attacked server in its own process. */
export class Victim {
  readonly contender: Contender;
  readonly port: number;
  private readonly process: LineProcess;

  private constructor(contender: Contender, process: LineProcess, port: number) {
    this.contender = contender;
    this.process = process;
    this.port = port;
  }

  static async start(
    contender: Contender,
    {
      options,
      isSecure = false,
      isHttp2 = false,
      maxDescriptors,
      script = contender.script,
    }: Setup,
    { certFile, keyFile }: CertificateFiles,
  ): Promise<Victim> {
    const settings: VictimSettings = {
      ...(options === undefined ? {} : { options }),
      ...(isSecure ? { certFile, keyFile } : {}),
      ...(isHttp2 ? { isHttp2 } : {}),
    };
    const command = onVictimCore(commandOf({ ...contender, script }, settings));
    const shell = ["/bin/sh", "-c", `ulimit -n ${maxDescriptors}; exec "$@"`, "sh"];
    const { process, ready } = await LineProcess.start<{ port: number }>(
      `${contender.name} on ${contender.runtime}`,
      maxDescriptors === undefined ? command : [...shell, ...command],
    );
    return new Victim(contender, process, ready.port);
  }

  /** Whether it runs and has printed no error. */
  get isUnharmed(): boolean {
    return this.process.isRunning && this.process.standardError === "";
  }

  get isRunning(): boolean {
    return this.process.isRunning;
  }

  get standardError(): string {
    return this.process.standardError;
  }

  get descriptors(): number {
    return this.isRunning ? descriptorCount(this.process.pid) : 0;
  }

  /** Resident memory in bytes. */
  get memory(): number {
    return this.isRunning ? residentMemory(this.process.pid) : 0;
  }

  /** Highest resident memory since `resetPeakMemory`, in bytes. */
  get peakMemory(): number {
    if (!this.isRunning) return 0;
    const status = readFileSync(`/proc/${this.process.pid}/status`, "latin1");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
  }

  resetPeakMemory(): void {
    writeFileSync(`/proc/${this.process.pid}/clear_refs`, "5");
  }

  /** CPU time of all threads so far, in milliseconds, exact where the kernel counts it. */
  get cpuTime(): number {
    if (!this.isRunning) return 0;
    const { pid } = this.process;
    let nanoseconds = 0;
    try {
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const line = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1");
        nanoseconds += Number(line.split(" ")[0]);
      }
    } catch {
      // A thread has ended meanwhile, or the kernel has no such figures.
      return processorTime(pid) * 1_000;
    }
    return nanoseconds / 1e6;
  }

  report(collects = false): Promise<VictimReport> {
    return this.process.ask<VictimReport>({ collects } satisfies VictimQuestion);
  }

  /** Makes it connect as a client. */
  dial(dial: readonly DialQuestion[]): Promise<DialOutcome[][]> {
    return this.process.ask({ collects: false, dial } satisfies VictimQuestion);
  }

  stop(): void {
    this.process.stop();
  }
}
