import type { ServerSettings } from "../servers/settings.ts";
import type { Line } from "./child.ts";
import { type Contender, raw, rawStream } from "./contenders.ts";
import type { Context } from "./context.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Row } from "./results.ts";
import { type Amount, type Contestant, inTurns } from "./rounds.ts";
import { bun, type Launcher } from "./runtimes.ts";

/** Load on servers. */
export interface ServerWork extends Amount {
  readonly name: string;
  /** The load generator's script. */
  readonly load: string;
  /** What runs it. Default Bun, whose sockets use the least CPU time. */
  readonly loadRuntime?: Launcher;
  /** Options of the load generator, without `target`. */
  readonly loadOptions: Line;
  readonly server?: ServerSettings;
  /** Whether the server processes may use two cores. */
  readonly pair?: boolean;
  /** Returns the server settings of one contender. */
  readonly serverOf?: (contender: Contender) => ServerSettings;
}

/** Measures servers under load in turns. The load generators stay connected throughout. */
export function measureServers(
  context: Context,
  work: ServerWork,
  contenders: readonly Contender[],
): Promise<Row[]> {
  context.progress(`${work.name}, ${contenders[0].runtime.name}`);
  const starts = contenders.map((contender) => {
    return { contender, start: () => startUnderLoad(contender, work) };
  });
  return inTurns(context, work.name, starts, work);
}

async function startUnderLoad(contender: Contender, work: ServerWork): Promise<Contestant> {
  const options = { ...work.server, ...work.serverOf?.(contender) };
  const servers: Subprocess[] = [];
  try {
    const first = await startServer(contender, options, work.pair ? Core.MeasuredPair : undefined);
    servers.push(first.process);
    if (options.sharedPort !== undefined) {
      const again = { ...options, sharedPort: Number(first.ready.port) };
      servers.push((await startServer(contender, again, Core.MeasuredPair)).process);
    }
    const target = targetOf(contender, first.ready, options.tls !== undefined);
    const { process: driver } = await Subprocess.start(Core.Load, {
      runtime: work.loadRuntime ?? bun,
      script: work.load,
      options: { ...work.loadOptions, target },
    });
    const pids = (first.ready.pids as number[] | undefined) ?? servers.map(({ pid }) => pid);
    return { contender, pids, driver, processes: [...servers, driver] };
  } catch (error) {
    for (const server of servers) server.stop();
    throw error;
  }
}

/** Starts a server, by default on the core for measured processes. */
export function startServer(
  contender: Contender,
  options: ServerSettings,
  core: Core = Core.Measured,
) {
  return Subprocess.start(core, { ...contender, options: { ...options, ...contender.options } });
}

/** Returns the target with which a load generator reaches a server. */
export function targetOf(contender: Contender, ready: Line, tls: boolean) {
  const { name, http2 } = contender;
  const isRaw = name.startsWith(raw) || name.startsWith(rawStream);
  return { port: ready.port, protocol: isRaw ? "tcp" : "ws", tls, http2 };
}
