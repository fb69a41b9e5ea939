import { loadParts, type Parts } from "../options/parts.ts";
import { socketPartImports } from "../socket/socket-parts.ts";
import type { AnyConnectOptions } from "./connect-options.ts";

const special = async () => (await import("./special-options.ts")).checkSpecialOptions;
const imports = { ...socketPartImports, special };

/** What a client needs for its options. */
export type ConnectParts = Parts<typeof imports>;

/** Loads what the options of `connect` need. See `loadParts`. */
export function loadConnectParts<Data>(
  options: AnyConnectOptions<Data>,
): Promise<ConnectParts> | undefined {
  const { tls, http2, proxy, lookup, family, localAddress, redirects, handshakeTimeout } = options;
  // A time limit for the look-up alone means that the runtime cannot do it while it connects.
  const { lookup: lookupTime } = Object(handshakeTimeout) as { lookup?: unknown };
  const isSpecial =
    [tls, lookup, family, localAddress, redirects, lookupTime].some(
      (value) => value !== undefined,
    ) || [http2, proxy].some((value) => value !== undefined && value !== false);
  return loadParts(imports, [options, { special: isSpecial ? true : undefined }]);
}
