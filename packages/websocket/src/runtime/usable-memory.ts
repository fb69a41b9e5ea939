/** The used part of `node:process` and `node:os`. */
interface ProcessMemory {
  constrainedMemory?(): number;
}
interface MachineMemory {
  totalmem(): number;
}

/** Returns how much memory the process may use in bytes: its container's limit or the machine's. */
export function usableMemory(process: ProcessMemory, os: MachineMemory): number {
  // Without a limit, the runtimes return 0 or more than there is.
  return Math.min(process.constrainedMemory?.() || Number.POSITIVE_INFINITY, os.totalmem());
}
