import { HandshakeError } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { OpenTransport } from "../open-transport.ts";
import { openThroughProxy, type ProxyAccess } from "./open-through-proxy.ts";
import type { ProxySettings } from "./proxy-options.ts";
import { proxyRoute } from "./proxy-route.ts";

/**
 * Returns how to open a transport to a server through the proxy of the option `proxy`; undefined if
 * it needs none. What fails rejects when the transport is opened.
 */
export function proxyOpener(
  settings: ProxySettings,
  url: WebSocketUrl,
  access: Omit<ProxyAccess, "route">,
): OpenTransport | undefined {
  try {
    const route = proxyRoute(settings, url);
    if (route === undefined) return undefined;
    return (target, progress) => openThroughProxy({ ...access, route }, target, progress);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return () => Promise.reject(error);
  }
}
