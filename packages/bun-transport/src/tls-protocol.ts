import type { TLSOptions } from "bun";

/** The protocol versions as in the records of TLS (RFC 8446 section 4.1.2). */
const versions = { "TLSv1.2": 0x0303, "TLSv1.3": 0x0304 };

/**
 * Returns the options of `Bun.listen` and `Bun.connect` for the version and ALPN. Bun takes the
 * version as a number, which its types do not have, and ALPN as it is on the wire: each name after
 * its length (RFC 7301 section 3.1).
 *
 * @param alpn - Names of 1 to 255 ASCII characters.
 */
export function protocolOptions(
  minVersion: keyof typeof versions,
  alpn: readonly string[],
): TLSOptions {
  const names = alpn.flatMap((name) => [name.length, ...new TextEncoder().encode(name)]);
  return {
    ...({ minVersion: versions[minVersion] } as TLSOptions),
    ...(names.length === 0 ? {} : { ALPNProtocols: Uint8Array.from(names) }),
  };
}
