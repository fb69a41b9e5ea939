import type { ServeOptions } from "@framewright/websocket";
import type { Scene } from "./scene.ts";

export const groups = [
  "handshakes",
  "frames",
  "deflate",
  "closing",
  "callers",
  "servers",
  "http2",
] as const;
export type Group = (typeof groups)[number];

type Functions = "accept" | "close" | "drain" | "dropped" | "error" | "http" | "message" | "open";
type OtherFunctions =
  | "messageStream"
  | "origins"
  | "perClient"
  | "pong"
  | "refused"
  | "responseHeaders"
  | "routes"
  | "tls"
  | "wire";

/** How the victim is started. */
export interface Setup {
  /** Options of a Framewright server. The others use their own nearest ones. */
  readonly options?: Omit<ServeOptions, Functions | OtherFunctions>;
  readonly isSecure?: boolean;
  /** The script in `victims` that is the application. Default: the contender's own. */
  readonly script?: string;
  /**
   * Whether the server is attached to one of HTTP/2 and HTTP/1.1 on one port. Needs `isSecure`. Every
   * other honest client uses HTTP/2 then.
   */
  readonly isHttp2?: boolean;
  /** Limit on the open descriptors of the process. */
  readonly maxDescriptors?: number;
}

/** What must hold for a Framewright server beside the thresholds of every attack. */
export interface Thresholds {
  /** By how much resident memory may grow during the attack, in MiB. */
  readonly memory: number;
  /** How much more memory may be in use when the attack is over, in MiB. Default 16. */
  readonly kept?: number;
  /** Whether each client that connects during the attack must get its echo. Default true. */
  readonly newcomers?: boolean;
}

/** One row of the table. */
export interface Attack {
  readonly name: string;
  readonly group: Group;
  /** What the attacker does. One statement without a full stop. */
  readonly about: string;
  /** Default: the server's defaults. */
  readonly setup?: Setup | ((isShort: boolean) => Setup);
  readonly thresholds: Thresholds;
  /** Whether other servers can be attacked in the same way. Default true. */
  readonly compares?: boolean;
  /** Attacks. Reports faults with `scene.expect`; what it throws is a fault too. */
  run(scene: Scene): Promise<void>;
}

/** Returns how the victim of an attack is started. */
export function setupOf({ setup = {} }: Attack, isShort: boolean): Setup {
  return typeof setup === "function" ? setup(isShort) : setup;
}
