import type { Line } from "./child.ts";
import { type Contender, raw } from "./contenders.ts";
import type { Context } from "./context.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Row } from "./results.ts";
import { type Amount, type Contestant, inTurns } from "./rounds.ts";
import { bun } from "./runtimes.ts";

/** Load on clients, driven by the server side of their connections. */
export interface ClientWork extends Amount {
  readonly name: string;
  readonly connections: number;
  /** Options of load/echo-load.ts, without `target`. */
  readonly loadOptions: Line;
}

/** Measures clients in turns. They echo what a scripted server sends. */
export function measureClients(
  context: Context,
  work: ClientWork,
  contenders: readonly Contender[],
): Promise<Row[]> {
  context.progress(`${work.name}, ${contenders[0].runtime.name}`);
  const starts = contenders.map((contender) => {
    return { contender, start: () => startBeforeLoad(contender, work) };
  });
  return inTurns(context, work.name, starts, work);
}

async function startBeforeLoad(contender: Contender, work: ClientWork): Promise<Contestant> {
  const target = { listen: contender.name === raw ? "tcp" : "ws" };
  const { process: driver, ready } = await Subprocess.start(Core.Load, {
    runtime: bun,
    script: "load/echo-load.ts",
    options: { ...work.loadOptions, target },
  });
  try {
    const options = { port: ready.port, connections: work.connections };
    const { process: client } = await Subprocess.start(Core.Measured, { ...contender, options });
    return { contender, pids: [client.pid], driver, processes: [client, driver] };
  } catch (error) {
    driver.stop();
    throw error;
  }
}
