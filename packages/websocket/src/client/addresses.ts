import { optionError } from "../options/option-values.ts";
import type { ResolveName } from "../runtime/name-resolver.ts";
import { UnsupportedError } from "../runtime/unsupported-error.ts";
import type { HandshakeLimits } from "./handshake-limits.ts";

/** The IP family to connect with; 0 stands for both. */
export type Family = 0 | 4 | 6;

/** Which address `connect` connects to, and from. */
export interface AddressOptions {
  /**
   * Resolves a host name to one or more IP addresses, which are tried in order until TCP connects.
   * TLS still verifies the name. It is not called for IP addresses and Unix sockets. Default: the
   * system's resolver.
   */
  lookup?: (hostname: string) => Promise<string | readonly string[]>;
  /**
   * The IP version to connect with: 4, 6, or 0 for both. With 4 or 6 the addresses of that version
   * are tried in order. It does not apply to a URL whose host is an IP address. Default 0: the
   * runtime chooses.
   */
  family?: Family;
  /** The IP address of this machine to connect from. Default: the system chooses. */
  localAddress?: string;
}

/** Resolves a host name to IP addresses, to be tried in order. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

/**
 * Validates the options `lookup` and `family`.
 *
 * @returns How to resolve host names; undefined to leave that to the runtime.
 * @throws UnsupportedError if the runtime cannot resolve names as the options demand.
 */
export function checkLookup(
  { lookup, family = 0 }: AddressOptions,
  limits: HandshakeLimits,
  resolveName: ResolveName | undefined,
): Lookup | undefined {
  if (lookup !== undefined && typeof lookup !== "function")
    throw optionError("lookup", lookup, "a function");
  if (family !== 0 && family !== 4 && family !== 6)
    throw optionError("family", family, "0, 4 or 6");
  if (lookup !== undefined) {
    return async (hostname) => checkAddresses(await lookup(hostname), hostname, family);
  }
  const option =
    family !== 0
      ? "family"
      : limits.steps?.lookup !== undefined
        ? "handshakeTimeout.lookup"
        : undefined;
  if (option === undefined) return undefined;
  if (resolveName === undefined)
    throw new UnsupportedError(`option ${option} needs node:dns, or the option lookup`);
  return async (hostname) => checkAddresses(await resolveName(hostname, family), hostname, family);
}

/** Validates the option `localAddress`. */
export function checkLocalAddress(localAddress: string | undefined): string | undefined {
  if (localAddress !== undefined && familyOf(localAddress) === 0)
    throw optionError("localAddress", localAddress, "an IP address");
  return localAddress;
}

/** Returns the addresses of a family. */
function checkAddresses(
  found: string | readonly string[],
  hostname: string,
  family: Family,
): readonly string[] {
  const addresses = typeof found === "string" ? [found] : found;
  if (!Array.isArray(addresses)) throw notAddress(hostname, addresses);
  for (const address of addresses) {
    if (familyOf(address) === 0) throw notAddress(hostname, address);
  }
  const usable = addresses.filter((address) => family === 0 || familyOf(address) === family);
  if (usable.length > 0) return usable;
  const kind = family === 0 ? "" : `IPv${family} `;
  throw new Error(`the host name ${hostname} has no ${kind}address`);
}

function notAddress(hostname: string, found: unknown): Error {
  const got = typeof found === "string" ? JSON.stringify(found) : String(found);
  return new Error(`the look-up of ${hostname} must find IP addresses, got ${got}`);
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** The characters of an IPv6 address, and its zone. The runtime reports those that are malformed. */
const ipv6 = /^(?=.*:.*:)[0-9a-f:.]{2,45}(?:%[\w.-]{1,32})?$/i;

/** Returns the family of an IP address, or 0 if it is none. */
export function familyOf(address: unknown): Family {
  if (typeof address !== "string") return 0;
  return ipv4.test(address) ? 4 : ipv6.test(address) ? 6 : 0;
}
