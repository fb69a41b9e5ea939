import { trimPools } from "@framewright/codec/internal";
import { setBackgroundTimer } from "../runtime/globals.ts";

/** In milliseconds. Memory that a burst needed is freed after two to three intervals. */
const interval = 2_000;
let scheduled = false;

/** Schedules the release of pooled memory that no connection of the process uses any more. */
export function trimPoolsLater(): void {
  if (scheduled) return;
  scheduled = true;
  setBackgroundTimer(trim, interval);
}

function trim(): void {
  scheduled = false;
  if (trimPools()) trimPoolsLater();
}
