import { repositoryPath, runtimeNamed } from "../../src/runtimes.ts";
import type { HonestReport, Phase } from "./figures.ts";
import type { HonestQuestion } from "./honest-process.ts";
import { LineProcess } from "./line-process.ts";

/** The honest clients, in a process of their own: an attack does not delay what they measure. */
export class HonestClients {
  private readonly process: LineProcess;

  private constructor(process: LineProcess) {
    this.process = process;
  }

  static async start(): Promise<HonestClients> {
    const { process } = await LineProcess.start("the process of the honest clients", [
      ...runtimeNamed("node").command,
      repositoryPath("packages/conformance/attack/instrument/honest-process.ts"),
    ]);
    return new HonestClients(process);
  }

  /** Opens the connections. From then on they exchange messages in the phase "before". */
  open(port: number, ca: string | undefined, isHttp2: boolean): Promise<void> {
    return this.ask({ open: { port, isHttp2, ...(ca === undefined ? {} : { ca }) } });
  }

  /** Answers once each connection has had an answer in the new phase. */
  enter(phase: Phase): Promise<void> {
    return this.ask({ enter: phase });
  }

  /** Ends the connections after one more answer each. */
  close(): Promise<HonestReport> {
    return this.ask({ close: true });
  }

  stop(): void {
    this.process.stop();
  }

  private ask<T>(question: HonestQuestion): Promise<T> {
    return this.process.ask<T>(question);
  }
}
