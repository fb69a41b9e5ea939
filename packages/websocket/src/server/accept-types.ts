import type { IncomingRequest } from "./incoming-request.ts";
import type { PathParameters } from "./path-pattern.ts";
import type { Refusal } from "./refusal.ts";

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
  // A method, as among the options: the pattern of a route may be any string for the compiler.
  accept(request: IncomingRequest<Parameters>): Data | Refusal | Promise<Data | Refusal>;
}

/** Each route needs `accept`, with the type that it has among the options. */
export interface AcceptOfRoutesNeeded<Routes> {
  routes: {
    readonly [Pattern in keyof Routes]: AcceptNeeded<
      Routes[Pattern],
      PathParameters<Pattern & string>
    >;
  };
}

/**
 * Requires `accept` of a route, unless `undefined` or the data of its server fits. `Parameters` are
 * those of its pattern.
 */
export type AcceptOfRoute<Data, ServerData, Parameters> = undefined extends Data
  ? unknown
  : [ServerData] extends [Data]
    ? unknown
    : AcceptNeeded<Data, Parameters>;
