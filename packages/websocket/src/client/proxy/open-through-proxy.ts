import type { HandshakeError } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { TlsModules } from "../../transport/tls-modules.ts";
import { familyOf, type Lookup } from "../addresses.ts";
import { openByAddress } from "../open-by-address.ts";
import type { OpeningProgress, OpenTransport, TransportTarget } from "../open-transport.ts";
import { HttpConnect } from "./http-connect.ts";
import { type ProxyDialogue, proxyError } from "./proxy-dialogue.ts";
import type { ProxyRoute } from "./proxy-route.ts";
import { ProxyTunnel } from "./proxy-tunnel.ts";
import { maxSocksHostLength, Socks5 } from "./socks5.ts";
import { startTls } from "./tls-over-transport.ts";

/** What is needed to reach a proxy. */
export interface ProxyAccess {
  readonly route: ProxyRoute;
  readonly open: OpenTransport;
  /** For the proxy's host name. The proxy resolves that of the server. */
  readonly lookup: Lookup | undefined;
  /** Returns how long the step may still take, in milliseconds. */
  readonly timeLeft: () => number;
  /** Undefined if the runtime has no `node:tls`. */
  readonly tlsModules: (() => Promise<TlsModules>) | undefined;
}

/**
 * Opens a transport to a server through a proxy. See `OpenTransport`. The step "proxy" lasts until the
 * proxy has connected to the server. For `wss:`, TLS follows within the tunnel.
 */
export async function openThroughProxy(
  access: ProxyAccess,
  target: TransportTarget,
  progress: OpeningProgress,
): Promise<void> {
  const { route, tlsModules } = access;
  const { signal } = progress;
  const { url: server } = target;
  progress.reached("proxy");
  // Before the tunnel is open, because its bytes need a listener from then on.
  const modules = server.secure ? await tlsModules?.() : undefined;
  if (server.secure && modules === undefined) throw new Error("TLS through a proxy needs node:tls");
  if (signal.aborted) return;
  return new Promise((resolve, reject) => {
    const tunnel = new ProxyTunnel(dialogueWith(route, server), signal, {
      opened(transport, rest) {
        if (modules === undefined) {
          progress.opened(transport);
          if (rest.length > 0) transport.listener.receive(rest);
          return resolve();
        }
        progress.reached("tls");
        startTls(modules, transport, rest, target, progress).then(resolve, reject);
      },
      failed: reject,
    });
    openProxy(access, target.localAddress, {
      signal,
      reached: () => {},
      opened: (transport) => tunnel.start(transport),
    }).catch((error) => reject(connectFailed(route, error)));
  });
}

function dialogueWith({ url, headers }: ProxyRoute, server: WebSocketUrl): ProxyDialogue {
  if (url.protocol !== "socks5") return new HttpConnect(server, url, headers);
  const { length } = server.hostname;
  if (length > maxSocksHostLength)
    throw new Error(`SOCKS takes at most ${maxSocksHostLength} bytes of host name, got ${length}`);
  return new Socks5(server, url);
}

/** Opens a transport to the proxy. */
function openProxy(
  { route, open, lookup, timeLeft }: ProxyAccess,
  localAddress: string | undefined,
  progress: OpeningProgress,
): Promise<void> {
  const { protocol, hostname, port } = route.url;
  const host = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  const secure = protocol === "https";
  const rest = { target: "/", authorization: "", socketPath: "" };
  const url = { secure, hostname, port, host, ...rest };
  const target: TransportTarget = { url, host: hostname, localAddress, tls: route.tls };
  return lookup === undefined || familyOf(hostname) !== 0
    ? open(target, progress)
    : openByAddress(lookup, open, target, progress, timeLeft);
}

function connectFailed({ url: { hostname, port } }: ProxyRoute, cause: unknown): HandshakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot connect to the proxy ${hostname} port ${port}: ${reason}`;
  return proxyError("WS_ERR_PROXY_CONNECT_FAILED", message, cause);
}
