import type { HandshakeError } from "@framewright/codec";
import type { SocketSettings } from "../socket/socket-options.ts";
import type { Admission } from "./admission.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import type { RouteOptions } from "./serve-options.ts";

/** The validated options that apply to the opening handshakes of one path. */
export interface Route<Data> {
  readonly options: RouteOptions<Data>;
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
