import type { WebSocketUrl } from "@framewright/codec/handshake";
import { globals } from "../../runtime/globals.ts";
import { proxyError } from "./proxy-dialogue.ts";
import { proxyOfEnvironment } from "./proxy-environment.ts";
import type { ProxySettings } from "./proxy-options.ts";
import { type ProxyUrl, parseProxyUrl } from "./proxy-url.ts";

/** The proxy for one connection. */
export interface ProxyRoute extends Pick<ProxySettings, "headers" | "tls"> {
  readonly url: ProxyUrl;
}

/**
 * Returns the proxy for a URL, or undefined if it needs none. Reads the environment if the option
 * says so.
 *
 * @throws HandshakeError with code `WS_ERR_PROXY_ENVIRONMENT` if a variable cannot be read or has an
 *   invalid value.
 */
export function proxyRoute(
  { url: option, headers, tls }: ProxySettings,
  url: WebSocketUrl,
): ProxyRoute | undefined {
  if (option !== "env") return { url: option, headers, tls };
  if (url.socketPath !== "") return undefined;
  const variable = proxyOfEnvironment(url, readVariable);
  if (variable === undefined) return undefined;
  const parsed = parseProxyUrl(variable.url);
  if (typeof parsed !== "string") return { url: parsed, headers, tls };
  throw environmentError(`environment variable ${variable.name} has an invalid URL: ${parsed}`);
}

function readVariable(name: string): string | undefined {
  try {
    return globals.process?.env?.[name];
  } catch (cause) {
    // Deno asks for a permission.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw environmentError(`environment variable ${name} cannot be read: ${reason}`, cause);
  }
}

function environmentError(message: string, cause?: unknown): Error {
  return proxyError("WS_ERR_PROXY_ENVIRONMENT", `option proxy: ${message}`, cause);
}
