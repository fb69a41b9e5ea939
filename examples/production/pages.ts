import type { HttpResponse, IncomingRequest } from "@framewright/websocket";
import type { PrometheusMetrics } from "../observability/prometheus.ts";
import type { Configuration } from "./configuration.ts";
import { isEqual } from "./session-token.ts";

const notFound = { status: 404, body: "not found\n" };

/** Returns the handler of plain HTTP requests: the health check and the metrics. */
export function pages(
  { metricsToken }: Configuration,
  metrics: PrometheusMetrics,
  isReady: () => boolean,
): (request: IncomingRequest) => HttpResponse | Promise<HttpResponse> {
  return ({ path, method, headers }) => {
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, headers: { Allow: "GET, HEAD" }, body: "only GET\n" };
    }
    if (path === "/healthz") {
      return isReady() ? { status: 200, body: "ready\n" } : { status: 503, body: "closing\n" };
    }
    if (path !== "/metrics" || metricsToken === undefined) return notFound;
    // The port is open to everybody, and the numbers are nobody's business.
    const isAllowed = isEqual(headers.get("authorization") ?? "", `Bearer ${metricsToken}`);
    return isAllowed ? metrics.page() : { status: 401, body: "a token is needed\n" };
  };
}
