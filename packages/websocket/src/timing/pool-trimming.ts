import { trimPools } from "@framewright/codec/internal";
import { setBackgroundTimer } from "../runtime/globals.ts";

/** In milliseconds: memory that a burst needed is given back after two to three times as long. */
const interval = 2_000;
let scheduled = false;

/** Sees to it that pooled memory is given back some time after the last connection of the process needed it. */
export function trimPoolsLater(): void {
  if (scheduled) return;
  scheduled = true;
  setBackgroundTimer(trim, interval);
}

function trim(): void {
  scheduled = false;
  if (trimPools()) trimPoolsLater();
}
