import type { IncomingRequest } from "./incoming-request.ts";
import type { Refusal } from "./refusal.ts";

/** The function `accept` of a server or a route. See `RouteOptions`. */
export type Accept<Data, Parameters = unknown> = (
  request: IncomingRequest<Parameters>,
) => Data | Refusal | Promise<Data | Refusal>;

/**
 * Requires `accept` of a server whose sockets have data: of the server, or of each of its routes.
 * Without `accept`, `socket.data` is undefined.
 */
export type AcceptIfNeeded<Data, Routes = Record<string, Data>> = undefined extends Data
  ? unknown
  : // The compiler's errors are about the last.
    AcceptOfRoutesNeeded<Routes> | AcceptNeeded<Data>;

/** `accept` is needed, because `undefined` is no value of `Data`. */
export interface AcceptNeeded<Data, Parameters = unknown> {
  accept: Accept<Data, Parameters>;
}

/** Each route needs `accept`. */
export interface AcceptOfRoutesNeeded<Routes> {
  routes: { readonly [Pattern in keyof Routes]: AcceptNeeded<Routes[Pattern], never> };
}

/** Requires `accept` of a route, unless `undefined` or the data of its server fits. */
export type AcceptOfRoute<Data, ServerData> = undefined extends Data
  ? unknown
  : [ServerData] extends [Data]
    ? unknown
    : AcceptNeeded<Data, never>;
