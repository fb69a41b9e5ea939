import type { HandshakeError } from "@framewright/codec";
import { checkOptionNames, optionError } from "../options/option-values.ts";
import type { SocketSettings } from "../socket/socket-options.ts";
import type { Admission } from "./admission.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { type AnyRouteOptions, routeOptionNames } from "./serve-options.ts";

/** The validated options that apply to the opening handshakes of one path. */
export interface Route<Data> {
  readonly options: AnyRouteOptions<Data>;
  readonly socket: SocketSettings<Data>;
  /** Returns why a page's request is refused. Undefined if all origins are allowed. */
  readonly originFault: ((request: IncomingRequest) => HandshakeError | undefined) | undefined;
  /** Counts a handshake against the limits of the server and of the route, if there are any. */
  readonly createAdmission: (() => Admission) | undefined;
}

/** A route with the parameters of a path. */
export interface FoundRoute<Data> {
  readonly route: Route<Data>;
  readonly params: object;
}

/** Validates the names of the options of a route. */
export function checkRoute(source: string, options: unknown): void {
  const name = `routes[${JSON.stringify(source)}]`;
  if (typeof options !== "object" || options === null) {
    throw optionError(name, options, "an object");
  }
  checkOptionNames(options, routeOptionNames, `${name}.`);
}
