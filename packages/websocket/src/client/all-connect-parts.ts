import { allSocketParts } from "../socket/all-socket-parts.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { checkSpecialOptions } from "./special-options.ts";

/** All parts, for functions that cannot wait for them. */
export const allConnectParts: Required<ConnectParts> = {
  ...allSocketParts,
  special: checkSpecialOptions,
};
