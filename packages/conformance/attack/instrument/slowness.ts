/** CPU time in milliseconds in which a machine fills 64 MiB of new memory, if it is not slow. */
const usual = 64;

let measured: number | undefined;

/**
 * Returns how many times as long this machine takes for new memory as a usual one, and at least 1.
 * Page faults are many times dearer on some virtual machines, and most of what an attack with long
 * messages costs.
 */
export function slownessOfMachine(): number {
  measured ??= Math.max(1, timeToFill() / usual);
  return measured;
}

function timeToFill(): number {
  const before = process.cpuUsage();
  // Allocations of this length are mapped anew.
  new Uint8Array(64 * 1_048_576).fill(1);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
