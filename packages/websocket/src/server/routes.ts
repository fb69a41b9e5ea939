import type { HandshakeError } from "@framewright/codec";
import { checkFunctions } from "../options/option-values.ts";
import { type LoadedSupport, type SharedState, socketSettings } from "../socket/socket-options.ts";
import type { PathParameters } from "./path-pattern.ts";
import type { FoundRoute, Route } from "./route.ts";
import type { RouteTable } from "./route-table.ts";
import type { RouteOptions, ServeOptions } from "./serve-options.ts";
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
  constructor(options: ServeOptions<Data>, support: ServerSupport, shared: SharedState<Data>) {
    const { parts } = support;
    const admission = parts.maxConnections ?? parts.perClient;
    const limitsOf = (options: RouteOptions<Data>) =>
      admission?.limits(options as RouteOptions<never>);
    const all = limitsOf(options);
    const create = (options: RouteOptions<Data>, own?: RouteOptions<Data>): Route<Data> => {
      checkFunctions(options, ["accept"]);
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
 * returns.
 *
 * @param pattern - See `ServeOptions.routes`.
 * @param options - Retained, not modified.
 * @returns An object with the route as its only property.
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
): { [Key in Pattern]: RouteOptions<Data, PathParameters<Pattern>> } {
  return { [pattern]: options } as { [Key in Pattern]: typeof options };
}
