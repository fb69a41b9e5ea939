import { access, constants } from "node:fs/promises";
import {
  type AnyServeOptions,
  refuse,
  route,
  type ServeOptions,
  type Server,
  StatusCode,
} from "@framewright/websocket";
import {
  BasicTracerProvider,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { clientAddress } from "../deployment/client-address.ts";
import { closeOnSigterm } from "../deployment/close-on-sigterm.ts";
import { recordMetrics } from "../observability/metrics.ts";
import { PrometheusMetrics } from "../observability/prometheus.ts";
import { reportServer } from "../observability/server-metrics.ts";
import { recordSpans } from "../observability/spans.ts";
import { signedInName } from "./authentication.ts";
import { type Configuration, readConfiguration } from "./configuration.ts";
import { pages } from "./pages.ts";

/** Who a client is, and the room that it is in; `socket.data`. */
interface Member {
  readonly name: string;
  readonly room: string;
}

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions<Member>) => Promise<Server<Member>>;

/** Runs a server with rooms for signed-in members until SIGTERM. */
export async function runServer(serve: Serve): Promise<void> {
  const configuration = readConfiguration(process.env);
  const { revokedFile } = configuration;
  if (revokedFile !== undefined) await access(revokedFile, constants.R_OK);
  const metrics = new PrometheusMetrics();
  recordMetrics(metrics.meter);
  if (configuration.printsSpans) printSpans();
  let isReady = true;

  const server: Server<Member> = await serve({
    port: configuration.port,
    hostname: configuration.hostname,
    ...limits(configuration),
    http: pages(configuration, metrics, () => isReady),
    routes: route("/rooms/:room", {
      async accept(request) {
        const name = await signedInName(request, configuration);
        return name === undefined ? refuse(401, "sign in first") : { name, ...request.params };
      },
      open: (socket) => void socket.subscribe(socket.data.room),
      message(socket, data) {
        if (typeof data !== "string") return socket.close(StatusCode.UnsupportedData);
        const { name, room } = socket.data;
        server.publish(room, JSON.stringify({ name, text: data }));
      },
    }),
    error: (error, socket) => console.error(socket?.data.name ?? "no socket", error),
  });
  reportServer(metrics.meter, server);
  closeOnSigterm(server, configuration, () => {
    isReady = false;
  });
  console.log(`listening on ws://${configuration.hostname}:${server.port}`);
}

/** The limits. Heartbeats are on by default, and find peers that are gone. */
function limits(configuration: Configuration): AnyServeOptions<Member> {
  const { origins, proxies, maxConnections, maxMessageSize, maxBufferedAmount } = configuration;
  const connections = configuration.maxConnectionsPerClient;
  const { messagesPerSecond: perSecond } = configuration;
  return {
    origins,
    maxConnections,
    // Without a proxy the default is better: of an IPv6 address it counts the network.
    perClient:
      proxies.length === 0
        ? { connections }
        : { connections, key: (request) => clientAddress(request, proxies) },
    messageRate: { perSecond, burst: 2 * perSecond },
    maxMessageSize,
    maxBufferedAmount,
  };
}

/** Prints spans. In production an exporter sends them, in batches, to a collector. */
function printSpans(): void {
  const spanProcessors = [new SimpleSpanProcessor(new ConsoleSpanExporter())];
  recordSpans(new BasicTracerProvider({ spanProcessors }).getTracer("framewright"));
}

/** Runs the example. Reports errors without a stack trace. */
export function main(run: Promise<void>): void {
  run.catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
