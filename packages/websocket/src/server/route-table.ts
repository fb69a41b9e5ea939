import { HandshakeError } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";
import { optionError } from "../options/option-values.ts";
import { PathPattern, pathSegments } from "./path-pattern.ts";
import { checkRoute, type FoundRoute, type Route } from "./route.ts";
import { type AnyRouteOptions, type AnyServeOptions, routeOptionNames } from "./serve-options.ts";

/** Finds the route of a path among those of the option `routes`. */
export class RouteTable<Data> {
  private readonly routes: readonly {
    readonly pattern: PathPattern;
    readonly route: Route<Data>;
  }[];

  /**
   * @param create - Creates a route from its options and those that it takes from the server.
   * @throws TypeError or RangeError for an invalid pattern or option.
   */
  constructor(
    options: AnyServeOptions<Data>,
    create: (merged: AnyRouteOptions<Data>, own: AnyRouteOptions<Data>) => Route<Data>,
  ) {
    this.routes = Object.entries(checkRoutes(options.routes))
      .map(([source, given]) => ({
        pattern: new PathPattern(source),
        route: named(source, () => create(withDefaults(given, options), given)),
      }))
      .sort((a, b) => PathPattern.compare(a.pattern, b.pattern));
    checkDifferent(this.routes.map(({ pattern }) => pattern));
  }

  /** Returns the route of a path and its parameters, or why there is none. */
  find(path: string): FoundRoute<Data> | HandshakeError {
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
