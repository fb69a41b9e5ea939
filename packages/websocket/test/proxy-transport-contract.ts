import type { RuntimeSupport } from "@framewright/websocket/transport";
import { afterAll, beforeAll } from "vitest";
import { isFullDepth } from "../../../test-depth.ts";
import { openThroughProxy } from "../src/client/proxy/open-through-proxy.ts";
import { checkProxy } from "../src/client/proxy/proxy-options.ts";
import type { ProxyRoute } from "../src/client/proxy/proxy-route.ts";
import { makeCertificates } from "./certificates.ts";
import { TestProxy } from "./test-proxy.ts";
import { describeTransport, type TransportPackage } from "./transport-contract.ts";

/** Tests that TLS within the tunnel of a proxy is a transport like others. */
export function describeProxyTransport(
  runtime: string,
  subject: TransportPackage,
  { tlsModules }: RuntimeSupport,
): void {
  const routes: Record<string, ProxyRoute> = {};
  const proxies: TestProxy[] = [];
  beforeAll(async () => {
    const tls = await makeCertificates();
    const [plain, secure] = [await TestProxy.start(), await TestProxy.start({ tls })];
    proxies.push(plain, secure);
    const { ca } = tls;
    routes.http = checkProxy(`http://127.0.0.1:${plain.port}`, "", false) as ProxyRoute;
    const url = `https://127.0.0.1:${secure.port}`;
    routes.https = checkProxy({ url, tls: { ca } }, "", false) as ProxyRoute;
  });
  afterAll(() => {
    for (const proxy of proxies) proxy.stop();
  });
  // It takes over ten seconds.
  for (const scheme of isFullDepth ? ["http", "https"] : []) {
    describeTransport(`${runtime} through an ${scheme}: proxy`, {
      ...subject,
      open: (target, progress) =>
        openThroughProxy(
          {
            route: routes[scheme],
            open: subject.open,
            lookup: undefined,
            timeLeft: () => 9_000,
            tlsModules,
          },
          target,
          progress,
        ),
      isTlsAlone: true,
    });
  }
}
