/**
 * What servers with limits, origins, routes or TLS need. One file, because servers often have several
 * of these options, and each file of its own would split the others into smaller ones.
 *
 * @module
 */
export { admission } from "./admission.ts";
export { originCheck } from "./origins.ts";
export { RouteTable } from "./route-table.ts";
export { secureServer } from "./secure-server.ts";
