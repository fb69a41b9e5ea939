import type { ServerStats } from "@framewright/websocket";
import type { Meter } from "@opentelemetry/api";

/** A number of `ServerStats` as a metric. */
interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit?: string;
  readonly values: readonly { readonly of: keyof ServerStats; readonly direction?: string }[];
}

const totals: readonly Metric[] = [
  {
    name: "websocket.messages",
    description: "Messages; those that are dropped were not sent",
    values: [
      { of: "messagesReceived", direction: "received" },
      { of: "messagesSent", direction: "sent" },
      { of: "messagesDropped", direction: "dropped" },
    ],
  },
  {
    name: "websocket.bytes",
    description: "Bytes of frames",
    unit: "By",
    values: [
      { of: "bytesReceived", direction: "received" },
      { of: "bytesSent", direction: "sent" },
    ],
  },
];

const gauges: readonly Metric[] = [
  {
    name: "websocket.connections",
    description: "Open connections",
    values: [{ of: "openConnections" }],
  },
  {
    name: "websocket.handshakes.pending",
    description: "Opening handshakes without an answer",
    values: [{ of: "pendingHandshakes" }],
  },
  {
    name: "websocket.buffered",
    description: "Bytes that wait for peers",
    unit: "By",
    values: [{ of: "bufferedAmount" }],
  },
];

/** Reports the statistics of a server each time that metrics are collected. */
export function reportServer(meter: Meter, server: { stats(): ServerStats }): void {
  const instruments = [
    ...totals.map((metric) => ({ metric, create: meter.createObservableCounter.bind(meter) })),
    ...gauges.map((metric) => ({ metric, create: meter.createObservableGauge.bind(meter) })),
  ].map(({ metric: { name, values, ...options }, create }) => ({
    values,
    instrument: create(name, options),
  }));
  // One snapshot for all of them: its time is proportional to the number of open sockets.
  meter.addBatchObservableCallback(
    (result) => {
      const stats = server.stats();
      for (const { values, instrument } of instruments) {
        for (const { of, direction } of values) {
          const attributes = direction === undefined ? {} : { direction };
          result.observe(instrument, stats[of] as number, attributes);
        }
      }
    },
    instruments.map(({ instrument }) => instrument),
  );
}
