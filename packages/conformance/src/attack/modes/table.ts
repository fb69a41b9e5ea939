import { limits } from "../../limits/limited-servers.ts";
import type { Mode } from "../subject-types.ts";
import { detaching } from "./detaching.ts";
import { echo, echoIterating, echoStreaming } from "./echoing.ts";
import { failing, failingError, failingUnreported, settlingTwice } from "./failing.ts";
import { iterating } from "./iterating.ts";
import { neverSettling } from "./lingering.ts";
import { looping } from "./looping.ts";
import { measuring } from "./measuring.ts";
import { page } from "./page.ts";
import { scripted } from "./scripted.ts";
import { searching, searchingWire } from "./searching.ts";
import { sending } from "./sending.ts";

/** The modes of the subject. */
export const modes = {
  echo,
  "echo-iterating": echoIterating,
  "echo-streaming": echoStreaming,
  failing,
  "failing-unreported": failingUnreported,
  "failing-error": failingError,
  "settling-twice": settlingTwice,
  scripted,
  detaching,
  iterating,
  limits,
  looping,
  measuring,
  "never-settling": neverSettling,
  page,
  searching,
  "searching-wire": searchingWire,
  sending,
} satisfies Record<string, Mode>;

export type ModeName = keyof typeof modes;
