import type { HandshakeError } from "@framewright/codec";
import { checkFunctions } from "../options/option-values.ts";
import { type LoadedSupport, type SharedState, socketSettings } from "../socket/socket-options.ts";
import type { PathParameters } from "./path-pattern.ts";
import { checkRoute, type FoundRoute, type Route } from "./route.ts";
import type { RouteTable } from "./route-table.ts";
import type { AnyRouteOptions, AnyServeOptions, RouteOptions } from "./serve-options.ts";
import type { ServerParts } from "./server-parts.ts";
import type { StreamPlaces } from "./stream-places.ts";

/** With what the options of a server need. */
export interface ServerSupport extends LoadedSupport {
  readonly parts: ServerParts;
  /** For servers that take streams of HTTP/2. */
  readonly createPlaces?: (maxPendingHandshakes: number, handshakeTimeout: number) => StreamPlaces;
}

/** Finds the route of a path. */
export class Router<Data> {
  /** Undefined with the option `routes`. */
  private readonly only: FoundRoute<Data> | undefined = undefined;
  /** Undefined without it. */
  private readonly table: RouteTable<Data> | undefined = undefined;

  /** @throws TypeError or RangeError for an invalid pattern or option. */
  constructor(options: AnyServeOptions<Data>, support: ServerSupport, shared: SharedState<Data>) {
    const { parts } = support;
    const admission = parts.maxConnections ?? parts.perClient;
    const limitsOf = (options: AnyRouteOptions<Data>) =>
      admission?.limits(options as AnyRouteOptions<never>);
    const all = limitsOf(options);
    const create = (options: AnyRouteOptions<Data>, own?: AnyRouteOptions<Data>): Route<Data> => {
      checkFunctions(options, ["accept", "responseHeaders"]);
      const limits = [all, own && limitsOf(own)].filter((limit) => limit !== undefined);
      return {
        options,
        socket: socketSettings("server", options, support, shared),
        originFault: parts.origins?.(options.origins),
        createAdmission:
          admission && limits.length > 0 ? () => new admission.Admission(limits) : undefined,
      };
    };
    const { routes: Table } = parts;
    if (options.routes === undefined) this.only = { route: create(options), params: {} };
    else if (Table !== undefined) this.table = new Table(options, create);
  }

  /** Whether there is the option `routes`. */
  get hasRoutes(): boolean {
    return this.only === undefined;
  }

  /** Returns the route of a path and its parameters, or why there is none. */
  find(path: string): FoundRoute<Data> | HandshakeError {
    return this.only ?? (this.table as RouteTable<Data>).find(path);
  }
}

/**
 * Types the options of one route for `ServeOptions.routes`: `socket.data` has the type that `accept`
 * returns. It needs an `accept` of its own if its sockets have data. A route that has that of the server
 * is written into `routes` as it is.
 *
 * @param pattern - See `ServeOptions.routes`.
 * @param options - Retained, not modified.
 * @returns An object with the route as its only property.
 * @throws TypeError for an unknown option.
 *
 * @example
 * const rooms = route("/rooms/:room", {
 *   accept: ({ params }) => ({ room: params.room }),
 *   open: (socket) => socket.subscribe(socket.data.room),
 * });
 * const server = await serve({ routes: { ...rooms } });
 */
export function route<Pattern extends string, Data = undefined>(
  pattern: Pattern,
  options: RouteOptions<Data, PathParameters<Pattern>>,
  // `Data` is not to be inferred from what the caller expects of the result.
): { [Key in Pattern]: RouteOptions<NoInfer<Data>, PathParameters<Pattern>> } {
  checkRoute(pattern, options);
  return { [pattern]: options } as { [Key in Pattern]: typeof options };
}
