/** Milliseconds between two turns of the timer. */
const step = 100;
let longest = 0;

/** Starts to measure how late timers are. A process that gets no CPU time is late, too. */
export function watchLoop(): void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - step);
    last = now;
  }, step);
  timer.unref();
}

/** Returns the longest delay since the last call, in milliseconds. */
export function takeLongestDelay(): number {
  const delay = longest;
  longest = 0;
  return Math.round(delay);
}
