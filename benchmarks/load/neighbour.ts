/**
 * Another service on the core of the measured process: half of the time it copies 8 MiB again and
 * again, which takes that core and the caches from the measured process.
 */
import { serveRunner } from "../instrument/child.ts";

const period = 10;
const source = new Uint8Array(8 * 2 ** 20).fill(1);
const target = new Uint8Array(source.length);

setInterval(() => {
  const end = performance.now() + period / 2;
  while (performance.now() < end) target.set(source);
}, period);
serveRunner({});
