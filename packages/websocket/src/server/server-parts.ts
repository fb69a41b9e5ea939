import { loadParts, type Parts } from "../options/parts.ts";
import { socketPartImports } from "../socket/socket-parts.ts";
import type { ServeOptions } from "./serve-options.ts";

const imports = {
  ...socketPartImports,
  perClient: async () => (await import("./client-limits.ts")).ClientLimits,
  origins: async () => (await import("./origins.ts")).originCheck,
  routes: async () => (await import("./route-table.ts")).RouteTable,
  tls: async () => (await import("./secure-server.ts")).secureServer,
};

/** What a server needs for its options. */
export type ServerParts = Parts<typeof imports>;

/** Loads what the options of `serve` and of its routes need. See `loadParts`. */
export function loadServerParts<Data>(
  options: ServeOptions<Data>,
): Promise<ServerParts> | undefined {
  return loadParts(imports, [options, ...Object.values(Object(options.routes))]);
}
