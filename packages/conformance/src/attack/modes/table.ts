import type { Mode } from "../subject.ts";
import { detaching } from "./detaching.ts";
import { echo } from "./echoing.ts";
import { failing, failingError, failingUnreported } from "./failing.ts";
import { iterating } from "./iterating.ts";
import { scripted } from "./scripted.ts";

/** What the subject can be told to do: one entry for each way of serving. */
export const modes = {
  echo,
  failing,
  "failing-unreported": failingUnreported,
  "failing-error": failingError,
  scripted,
  detaching,
  iterating,
} satisfies Record<string, Mode>;

export type ModeName = keyof typeof modes;
