import {
  type ConnectOptions,
  refuse,
  type ServeOptions,
  type Server,
  type Socket,
} from "@framewright/websocket";
import { propagation, SpanKind } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { recordMetrics } from "./metrics.ts";
import { PrometheusMetrics } from "./prometheus.ts";
import { reportServer } from "./server-metrics.ts";
import { recordSpans } from "./spans.ts";

type Serve = (options: ServeOptions) => Promise<Server>;
type Connect = (url: string, options?: ConnectOptions) => Promise<Socket>;

/** Runs a server and some clients, and prints their spans, one a line, and their metrics. */
export async function runDemo(serve: Serve, connect: Connect): Promise<void> {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const endSpans = recordSpans(provider.getTracer("framewright"));
  const metrics = new PrometheusMetrics();
  const endMetrics = recordMetrics(metrics.meter);

  const server = await serve({
    maxMessageSize: 10,
    accept: ({ path }) => (path === "/private" ? refuse(401) : undefined),
    message(socket, data) {
      if (data === "fail") throw new Error("planned");
      socket.send(data);
    },
    error: () => {}, // otherwise it is printed
  });
  reportServer(metrics.meter, server);
  await visit(connect, `ws://127.0.0.1:${server.port}`);
  await server.close();

  for (const span of exporter.getFinishedSpans()) console.log(JSON.stringify(summary(span)));
  console.log((await metrics.page()).body);
  endSpans();
  endMetrics();
}

/** Connects in all the ways that the demonstration shows. */
async function visit(connect: Connect, url: string): Promise<void> {
  // As an instrumented client would send it: the server's spans become part of the client's trace.
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const polite = await connect(`${url}/polite?token=secret`, { headers: { traceparent } });
  polite.send("hello");
  await polite[Symbol.asyncIterator]().next();
  polite.close(1000);
  await polite.closed;

  await connect(`${url}/private`).catch(() => {});

  for (const message of ["fail", "longer than ten bytes"]) {
    const socket = await connect(`${url}/${message.length}`);
    socket.send(message);
    await socket.closed;
  }
}

function summary(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    kind: SpanKind[span.kind],
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    error: span.status.message,
    events: span.events.map(({ name, attributes }) => ({ name, ...attributes })),
  };
}
