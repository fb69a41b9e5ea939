import { HandshakeError } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";
import { checkFunctions, checkOptionNames, optionError } from "../options/option-values.ts";
import {
  type RuntimeSupport,
  type SharedState,
  type SocketSettings,
  socketSettings,
} from "../socket/socket-options.ts";
import { type ConnectionLimits, connectionLimits } from "./admission.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { originCheck } from "./origins.ts";
import { type PathParameters, PathPattern, pathSegments } from "./path-pattern.ts";
import {
  type AnyRouteOptions,
  type AnyServeOptions,
  type RouteOptions,
  routeOptionNames,
} from "./serve-options.ts";

/** The validated options that apply to the opening handshakes of one path. */
export interface Route<Data> {
  readonly options: AnyRouteOptions<Data>;
  readonly socket: SocketSettings<Data>;
  /** Returns why a page's request is refused. Undefined if all origins are allowed. */
  readonly originFault: ((request: IncomingRequest) => HandshakeError | undefined) | undefined;
  /** Those of the server and those of the route. */
  readonly limits: readonly ConnectionLimits[];
}

/** A route with the parameters of a path. */
export interface FoundRoute<Data> {
  readonly route: Route<Data>;
  readonly params: object;
}

/** Finds the route of a path. */
export class Router<Data> {
  /** Undefined with the option `routes`. */
  private readonly only: FoundRoute<Data> | undefined;
  private readonly routes: readonly {
    readonly pattern: PathPattern;
    readonly route: Route<Data>;
  }[];

  /** @throws TypeError or RangeError for an invalid pattern or option. */
  constructor(options: AnyServeOptions<Data>, support: RuntimeSupport, shared: SharedState<Data>) {
    const all = connectionLimits(options as AnyRouteOptions<never>);
    const create = (options: AnyRouteOptions<Data>, own?: ConnectionLimits): Route<Data> => {
      checkFunctions(options, ["accept"]);
      return {
        options,
        socket: socketSettings("server", options, support, shared),
        originFault: originCheck(options.origins),
        limits: [all, own].filter((limits) => limits !== undefined),
      };
    };
    const { routes } = options;
    this.only = routes === undefined ? { route: create(options), params: {} } : undefined;
    this.routes = Object.entries(checkRoutes(routes))
      .map(([source, given]) => ({
        pattern: new PathPattern(source),
        route: named(source, () =>
          create(withDefaults(given, options), connectionLimits(given as AnyRouteOptions<never>)),
        ),
      }))
      .sort((a, b) => PathPattern.compare(a.pattern, b.pattern));
    checkDifferent(this.routes.map(({ pattern }) => pattern));
  }

  /** Whether there is the option `routes`. */
  get hasRoutes(): boolean {
    return this.only === undefined;
  }

  /** Returns the route of a path and its parameters, or why there is none. */
  find(path: string): FoundRoute<Data> | HandshakeError {
    if (this.only !== undefined) return this.only;
    let segments: string[] | undefined;
    try {
      segments = pathSegments(path);
    } catch {
      const message = "the percent-encoding of the path is malformed";
      return new HandshakeError("WS_ERR_INVALID_HTTP", 400, message);
    }
    for (const { pattern, route } of this.routes) {
      const params = segments && pattern.match(segments);
      if (params !== undefined) return { route, params };
    }
    return new HandshakeError("WS_ERR_NO_ROUTE", 404, "nothing is at this path");
  }
}

/** Validates the option apart from the options of each route. */
function checkRoutes<Data>(routes: AnyServeOptions<Data>["routes"] = {}) {
  if (typeof routes !== "object" || routes === null || Array.isArray(routes)) {
    throw optionError("routes", routes, "an object");
  }
  for (const [source, given] of Object.entries(routes)) {
    checkRoute(source, given);
  }
  return routes;
}

function checkRoute(source: string, options: unknown): void {
  const name = `routes[${JSON.stringify(source)}]`;
  if (typeof options !== "object" || options === null) {
    throw optionError(name, options, "an object");
  }
  checkOptionNames(options, routeOptionNames, `${name}.`);
}

/** Adds the route to the message of an error about one of its options. */
function named<T>(source: string, create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (error instanceof Error)
      error.message = `routes[${JSON.stringify(source)}]: ${error.message}`;
    throw error;
  }
}

/** Throws a TypeError if two patterns match the same paths. */
function checkDifferent(patterns: readonly PathPattern[]): void {
  for (const [index, pattern] of patterns.entries()) {
    const same = patterns.slice(0, index).find((other) => other.equals(pattern));
    if (same === undefined) continue;
    const both = `${JSON.stringify(same.source)} and ${JSON.stringify(pattern.source)}`;
    const message = `option routes has ${both}, which match the same paths`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
}

const limitNames: ReadonlySet<string> = new Set(["maxConnections", "perClient"]);

/** Returns a route's options, with those of the server that it omits. */
function withDefaults<Data>(
  route: AnyRouteOptions<Data>,
  server: AnyServeOptions<Data>,
): AnyRouteOptions<Data> {
  const options: Record<string, unknown> = {};
  for (const name of Object.keys(routeOptionNames) as (keyof AnyRouteOptions)[]) {
    const owner = route[name] === undefined ? server : route;
    const value: unknown = owner[name];
    // Limits of the server on its connections hold for all routes together.
    if (value === undefined || (owner === server && limitNames.has(name))) continue;
    // Handlers are called as methods of the object that has them. Classes are no options.
    options[name] = typeof value === "function" ? value.bind(owner) : value;
  }
  return options;
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
