import { loadParts, type Parts } from "../options/parts.ts";
import { socketPartImports } from "../socket/socket-parts.ts";
import type { AnyServeOptions } from "./serve-options.ts";

const admission = async () => (await import("./request-parts.ts")).admission;
const imports = {
  ...socketPartImports,
  maxConnections: admission,
  perClient: admission,
  origins: async () => (await import("./request-parts.ts")).originCheck,
  routes: async () => (await import("./request-parts.ts")).RouteTable,
  tls: async () => (await import("./request-parts.ts")).secureServer,
};

/** What a server needs for its options. */
export type ServerParts = Parts<typeof imports>;

/** Loads what the options of `serve` and of its routes need. See `loadParts`. */
export function loadServerParts<Data>(
  options: AnyServeOptions<Data>,
): Promise<ServerParts> | undefined {
  return loadParts(imports, [options, ...Object.values(Object(options.routes))]);
}
