import { HandshakeError } from "@framewright/codec";
import { optionError } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import type { IncomingRequest } from "./incoming-request.ts";

/** Which web pages may connect. See the option `origins`. */
export type Origins =
  | "any"
  | "same"
  | readonly string[]
  | ((origin: string, request: IncomingRequest) => boolean);

/**
 * Validates the option `origins`.
 *
 * @returns What returns why a request is refused; undefined if all origins are allowed.
 * @throws TypeError that names the option and its value.
 */
export function originCheck(
  origins: Origins = "any",
): ((request: IncomingRequest) => HandshakeError | undefined) | undefined {
  const isAllowed = allowedOrigins(origins);
  if (isAllowed === undefined) return undefined;
  return (request) => {
    // Clients that are no browsers send no origin.
    if (request.origin === "" || isAllowed(request)) return undefined;
    const message = "connections from this origin are not allowed";
    return new HandshakeError("WS_ERR_ORIGIN_NOT_ALLOWED", 403, message);
  };
}

function allowedOrigins(origins: Origins): ((request: IncomingRequest) => boolean) | undefined {
  if (origins === "any") return undefined;
  if (origins === "same") return isSameOrigin;
  if (typeof origins === "function") return (request) => origins(request.origin, request) === true;
  if (!Array.isArray(origins)) {
    throw optionError("origins", origins, '"any", "same", a list or a function');
  }
  const allowed = new Set<string>(origins.map(checkOrigin));
  return ({ origin }) => allowed.has(origin);
}

/** Browsers send origins in this form (RFC 6454 section 6.2): a misspelt one would never match. */
function checkOrigin(origin: unknown): string {
  if (typeof origin === "string" && originOf(origin) === origin) return origin;
  throw optionError("origins", origin, 'origins such as "https://example.com"');
}

function originOf(text: string): string | undefined {
  try {
    return new globals.URL(text).origin;
  } catch {
    return undefined;
  }
}

/** Compares host and port only, because a proxy may have ended TLS. */
function isSameOrigin({ origin, headers }: IncomingRequest): boolean {
  const host = headers.get("host") ?? "";
  const [scheme, authority = ""] = origin.split("://", 2);
  return hostOf(scheme, authority) === hostOf(scheme, host) && authority !== "";
}

/** Omits the port if it is the scheme's default. */
function hostOf(scheme: string, authority: string): string {
  const lower = authority.toLowerCase();
  const port = scheme === "https" ? ":443" : ":80";
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}
