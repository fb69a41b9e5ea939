import { allSocketParts } from "../socket/all-socket-parts.ts";
import { ClientLimits } from "./client-limits.ts";
import { originCheck } from "./origins.ts";
import { RouteTable } from "./route-table.ts";
import type { ServerParts } from "./server-parts.ts";

/** All parts for `attach`, which cannot wait for them. It has no TLS of its own. */
export const allServerParts: ServerParts = {
  ...allSocketParts,
  perClient: ClientLimits,
  origins: originCheck,
  routes: RouteTable,
};
