import type { HttpResponse } from "@framewright/websocket";
import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

/** Metrics in the text format of Prometheus. */
export class PrometheusMetrics {
  readonly meter: Meter;
  private readonly exporter = new PrometheusExporter({ preventServerStart: true });
  private readonly serializer = new PrometheusSerializer();

  constructor() {
    const provider = new MeterProvider({ readers: [this.exporter] });
    this.meter = provider.getMeter("framewright");
  }

  /** The page that Prometheus reads. */
  async page(): Promise<HttpResponse> {
    const { resourceMetrics, errors } = await this.exporter.collect();
    if (errors.length > 0) throw errors[0];
    return {
      status: 200,
      headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
      body: this.serializer.serialize(resourceMetrics),
    };
  }
}
