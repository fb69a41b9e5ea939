import { maxSocketPathLength, typeError, utf8Length } from "@framewright/codec/internal";
import { checkInteger, optionError } from "../options/option-values.ts";
import type { AnyServeOptions } from "./serve-options.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** 0 lets the operating system choose, and stands for a Unix socket. */
  readonly port: number;
  /** "" for a Unix socket. */
  readonly hostname: string;
  readonly reusePort: boolean;
  /**
   * The path of a Unix socket, or a NUL character and an abstract name, instead of `hostname` and
   * `port`. Undefined for TCP.
   */
  readonly unix: string | undefined;
}

/** Validates `port`, `hostname`, `reusePort` and `unix`, and fills in their defaults. */
export function checkListenAddress(options: AnyServeOptions<never>): ListenAddress {
  const { hostname = "127.0.0.1", reusePort = false, unix } = options;
  if (unix !== undefined) return checkUnix(unix, options);
  if (typeof hostname !== "string" || hostname === "")
    throw optionError("hostname", hostname, "a name");
  if (typeof reusePort !== "boolean") throw optionError("reusePort", reusePort, "a boolean");
  const port = checkInteger("port", options.port ?? 0, 0, 65_535);
  return { port, hostname, reusePort, unix };
}

function checkUnix(unix: string, options: AnyServeOptions<never>): ListenAddress {
  for (const name of ["port", "hostname", "reusePort", "tls"] as const) {
    if (options[name] === undefined) continue;
    throw typeError("WS_ERR_INVALID_OPTION", `option unix cannot be combined with ${name}`);
  }
  // The operating system would end a path at a NUL character, and cut off or refuse a long one.
  const isPath = typeof unix === "string" && !/^\0?$/.test(unix) && !unix.includes("\0", 1);
  if (!isPath || utf8Length(unix) > maxSocketPathLength)
    throw optionError("unix", unix, `a path of at most ${maxSocketPathLength} bytes`);
  return { port: 0, hostname: "", reusePort: false, unix };
}

/** Returns an address for error messages. Abstract names get the "@" with which Linux shows them. */
export function addressText({ hostname, port, unix }: ListenAddress): string {
  return unix === undefined ? `${hostname} port ${port}` : unix.replace(/^\0/, "@");
}
