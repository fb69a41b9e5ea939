import type { WebSocketUrl } from "@framewright/codec/handshake";
import { haveSamePrefix, parseAddress } from "./ip-address.ts";

/** Returns the value of an environment variable. May throw. */
export type ReadVariable = (name: string) => string | undefined;

/** A variable of the environment that names a proxy. */
export interface ProxyVariable {
  readonly name: string;
  /** The URL. `http://` is added if the value has no scheme. */
  readonly url: string;
}

/**
 * The variables for the scheme, the first that is set counts. They are those that curl reads.
 * `HTTP_PROXY` is none: a server that runs CGI programs sets it to the header `Proxy` of a request.
 */
const names = {
  ws: ["ws_proxy", "WS_PROXY", "http_proxy"],
  wss: ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY"],
  any: ["all_proxy", "ALL_PROXY"],
};

/**
 * Returns the variable with the proxy for a URL, or undefined if none applies: no variable is set, or
 * `no_proxy` has the host. Variables that are empty count as not set.
 *
 * @param read - Called with no more names than needed. Its errors are passed on.
 */
export function proxyOfEnvironment(
  url: Pick<WebSocketUrl, "secure" | "hostname" | "port">,
  read: ReadVariable,
): ProxyVariable | undefined {
  const proxy = firstOf([...(url.secure ? names.wss : names.ws), ...names.any], read);
  if (proxy === undefined) return undefined;
  const excluded = firstOf(["no_proxy", "NO_PROXY"], read);
  if (excluded !== undefined && isExcluded(url, excluded.value)) return undefined;
  const { name, value } = proxy;
  return { name, url: value.includes("://") ? value : `http://${value}` };
}

function firstOf(variables: readonly string[], read: ReadVariable) {
  for (const name of variables) {
    const value = read(name)?.trim() ?? "";
    if (value !== "") return { name, value };
  }
  return undefined;
}

/**
 * Whether a list of hosts, as in `no_proxy`, contains a host. Its elements are separated by commas
 * or blanks:
 *
 * - `*` matches every host.
 * - `example.com`, `.example.com` and `*.example.com` match that host and those below it.
 * - an IP address, or a network such as `10.0.0.0/8` or `fd00::/8`, matches addresses. Names are not
 *   resolved.
 * - `example.com:8080` matches on that port alone. IPv6 addresses with a port are in brackets.
 *
 * @param list - From the environment. Elements that are none of these match nothing.
 */
export function isExcluded(
  { hostname, port }: Pick<WebSocketUrl, "hostname" | "port">,
  list: string,
): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const address = parseAddress(host);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((element) => {
      const [, bracketed, plain, onPort] =
        /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(element) ?? [];
      if (onPort !== undefined && Number(onPort) !== port) return false;
      const pattern = bracketed ?? plain ?? element;
      if (pattern === "*") return true;
      return address === undefined ? matchesName(host, pattern) : matchesNetwork(address, pattern);
    });
}

function matchesName(host: string, pattern: string): boolean {
  const domain = pattern.replace(/^\*?\./, "").replace(/\.$/, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function matchesNetwork(address: readonly number[], pattern: string): boolean {
  const [, text, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(pattern) ?? [];
  const network = text === undefined ? undefined : parseAddress(text);
  if (network === undefined) return false;
  return haveSamePrefix(address, network, bits === undefined ? network.length * 8 : Number(bits));
}
