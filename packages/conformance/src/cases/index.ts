import { closingCases } from "./closing.ts";
import type { ConnectionCase } from "./connection-case.ts";
import { controlFrameCases } from "./control-frames.ts";
import { earlyFaultCases } from "./early-faults.ts";
import { echoCases } from "./echo.ts";
import { faultCases } from "./faults.ts";
import { fragmentationCases } from "./fragmentation.ts";
import { manyFragmentsCases } from "./many-fragments.ts";
import { splittingCases } from "./splitting.ts";

/** The table of all requirements for an open connection, in either role, by topic. */
export const connectionCases: Readonly<Record<string, readonly ConnectionCase[]>> = {
  echo: echoCases,
  splitting: splittingCases,
  fragmentation: fragmentationCases,
  "many fragments": manyFragmentsCases,
  "control frames": controlFrameCases,
  closing: closingCases,
  faults: faultCases,
  "early faults": earlyFaultCases,
};
