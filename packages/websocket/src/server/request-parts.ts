/**
 * What decides on the requests of a server with limits, origins or routes. One file, because
 * servers often have several of these options, and each file of its own would split the others.
 *
 * @module
 */
export { admission } from "./admission.ts";
export { originCheck } from "./origins.ts";
export { RouteTable } from "./route-table.ts";
