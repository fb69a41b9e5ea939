/** Interval of the timer whose delay is measured, in milliseconds. */
const interval = 10;

/** Measures how late the event loop runs a timer, and how much CPU time the process used meanwhile. */
export class LoopWatch {
  private lastTime = performance.now();
  private lastCpu = cpuTime();
  private delay = 0;
  private turn = 0;

  constructor() {
    setInterval(() => this.tick(), interval);
  }

  /** The highest figures since the last reset, in milliseconds. */
  get longest(): { longestDelay: number; longestTurn: number } {
    return { longestDelay: this.delay, longestTurn: this.turn };
  }

  reset(): void {
    this.delay = 0;
    this.turn = 0;
    this.lastTime = performance.now();
    this.lastCpu = cpuTime();
  }

  private tick(): void {
    const time = performance.now();
    const cpu = cpuTime();
    this.delay = Math.max(this.delay, time - this.lastTime - interval);
    this.turn = Math.max(this.turn, cpu - this.lastCpu);
    this.lastTime = time;
    this.lastCpu = cpu;
  }
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
