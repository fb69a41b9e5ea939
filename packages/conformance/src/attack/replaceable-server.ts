import type { Runtime } from "../runtimes.ts";
import { AttackedServer } from "./attacked-server.ts";
import type { ModeName } from "./modes/table.ts";
import type { SubjectOptions } from "./subject-types.ts";

/** Maximum time for an echo of a healthy server, in milliseconds. */
const patience = 1_000;

/**
 * A server that is restarted if an attack has damaged it, so that one fault does not affect other
 * tests.
 */
export class ReplaceableServer {
  private readonly start: () => Promise<AttackedServer>;
  private readonly mayPrint: boolean;
  private current: AttackedServer | undefined = undefined;

  /** @param mayPrint - Whether the mode may print errors on the console. */
  constructor(runtime: Runtime, mode: ModeName, options: SubjectOptions = {}, mayPrint = false) {
    this.mayPrint = mayPrint;
    this.start = () => AttackedServer.start(runtime, mode, options);
  }

  /** Returns a server that is running and answering. */
  async healthy(): Promise<AttackedServer> {
    const { current } = this;
    if (current !== undefined && (await this.isHealthy(current))) return current;
    await this.stop();
    this.current = await this.start();
    return this.current;
  }

  async stop(): Promise<void> {
    await this.current?.stop();
  }

  private async isHealthy(server: AttackedServer): Promise<boolean> {
    const timedOut = new Promise<false>((resolve) => setTimeout(resolve, patience, false));
    const serves = await Promise.race([server.isServing().catch(() => false), timedOut]);
    const isQuiet = this.mayPrint || server.process.standardError === "";
    return serves && isQuiet && server.process.isRunning;
  }
}
