import type { AnyRouteOptions, AnyServeOptions, ServerStats } from "@framewright/websocket";
import type { Query } from "../attack/subject-types.ts";

/** The names of options whose values are functions. The subject sets them itself. */
type Functions =
  | "accept"
  | "close"
  | "drain"
  | "dropped"
  | "error"
  | "http"
  | "message"
  | "open"
  | "pong"
  | "refused"
  | "wire";

interface JsonOptions {
  perClient?: { connections?: number; handshakesPerMinute?: number };
  /** The request's header that is the key of `perClient`. Default: the client's address. */
  clientHeader?: string;
}

/** Options of a server that can be written as JSON. */
export interface LimitOptions
  extends Omit<AnyServeOptions<Query>, Functions | "perClient" | "routes">,
    JsonOptions {
  routes?: Record<string, Omit<AnyRouteOptions<Query>, Functions | "perClient"> & JsonOptions>;
  /** How messages are read, and how slowly. Default: see `answer`. */
  consumer?: "message" | "for await";
}

/** What a server has seen of the clients that are not honest. */
export interface LimitReport {
  readonly stats: ServerStats;
  /**
   * One line per call of a handler: "refused CODE STATUS", "close STATUS-CODE CODE", "dropped" for
   * the first message of a socket, "error CODE"; "aborted" for the signal of a request.
   */
  readonly events: readonly string[];
  /** Number of calls of the handler `dropped`. */
  readonly dropped: number;
  /** Bytes of the messages that a slow consumer has handled. */
  readonly consumed: number;
  /** Maximum number of bytes that were received and not handled. */
  readonly mostWaiting: number;
}
