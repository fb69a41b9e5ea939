import type { Line } from "./child.ts";
import type { Contender } from "./contenders.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Start } from "./rounds.ts";

/** Prepares a contender that works within its own process. Each work gets a fresh process. */
export function startInProcess(contender: Contender, options: Line): Start {
  return {
    contender,
    async start() {
      const { process } = await Subprocess.start(Core.Measured, {
        ...contender,
        options: { ...options, ...contender.options },
      });
      return { contender, pids: [process.pid], driver: process, processes: [process] };
    },
  };
}
