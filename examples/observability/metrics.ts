import type { Meter } from "@opentelemetry/api";
import { subscribeAll } from "./channels.ts";

/**
 * Counts what happens to all servers and clients of the process. No attribute has a value that a
 * peer can choose freely, because each new value would be another time series.
 *
 * @returns A function that ends the subscriptions.
 */
export function recordMetrics(meter: Meter): () => void {
  const handshakes = meter.createHistogram("websocket.handshake.duration", {
    description: "Duration of opening handshakes, by how they ended",
    unit: "s",
    advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 1, 10] },
  });
  const connections = meter.createHistogram("websocket.connection.duration", {
    description: "How long connections were open, by how they ended",
    unit: "s",
    advice: { explicitBucketBoundaries: [1, 10, 60, 600, 3_600, 86_400] },
  });
  const limits = meter.createCounter("websocket.limits", {
    description: "How often a limit acted",
  });
  const errors = meter.createCounter("websocket.handler.errors", {
    description: "Errors of handlers",
  });

  return subscribeAll({
    "framewright.handshake": ({ role, fault, duration }) => {
      const outcome = fault?.code ?? "accepted";
      if (duration !== undefined) handshakes.record(duration / 1_000, { role, outcome });
    },
    "framewright.close": ({ role, statusCode, error, duration }) => {
      const attributes = { role, status_code: knownCode(statusCode), error: codeOf(error) };
      if (duration !== undefined) connections.record(duration / 1_000, attributes);
    },
    "framewright.limit": ({ role, name, action }) => limits.add(1, { role, name, action }),
    "framewright.error": ({ role }) => errors.add(1, { role }),
  });
}

/** A peer can send some 2,000 status codes. */
function knownCode(statusCode: number): string {
  return statusCode <= 1_015 ? String(statusCode) : "other";
}

/** The code of an error of Framewright or the operating system, such as ECONNRESET. */
function codeOf(error: Error | undefined): string {
  return error === undefined ? "none" : String((error as { code?: unknown }).code ?? "other");
}
