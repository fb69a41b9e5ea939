import { describe, expect, test } from "vitest";
import { runScriptFromSource, runtimes } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";

/** The used part of the spans that the example prints. */
interface Span {
  readonly name: string;
  readonly kind: "SERVER" | "CLIENT";
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { name: string }[];
}

async function linesOf(subject: SubjectProcess): Promise<string[]> {
  expect([await subject.exited, subject.standardError]).toEqual([0, ""]);
  return Promise.all(Array.from({ length: subject.lineCount }, (_, index) => subject.line(index)));
}

describe.each(runtimes)("the example `observability` on $name", (runtime) => {
  let lines: string[];
  test("prints spans and metrics, and ends", async () => {
    const script = `examples/observability/${runtime.name}.ts`;
    lines = await linesOf(runScriptFromSource(runtime, script));
    expect(lines.length).toBeGreaterThan(20);
  });

  const spansOf = (path: string, kind: Span["kind"]) =>
    lines
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Span)
      .filter((span) => span.attributes["url.path"] === path && span.kind === kind);

  test.each(["SERVER", "CLIENT"] as const)(
    "spans of a connection, below that of its handshake: %s",
    (kind) => {
      const [handshake, connection, ...others] = spansOf("/polite", kind);
      expect(others).toEqual([]);
      expect([handshake.name, connection.name]).toEqual([
        "websocket handshake",
        "websocket connection",
      ]);
      expect(connection.parentSpanId).toBe(handshake.spanId);
      expect(connection.traceId).toBe(handshake.traceId);
      expect(handshake.attributes["network.peer.address"]).toBe("127.0.0.1");
      expect(connection.attributes).toMatchObject({
        "websocket.status_code": 1000,
        "websocket.clean": true,
      });
    },
  );

  test("the server continues the client's trace", () => {
    const [handshake] = spansOf("/polite", "SERVER");
    expect(handshake.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(handshake.parentSpanId).toBe("b7ad6b7169203331");
  });

  test("a refused handshake has a span, with the reason on each side", () => {
    const [server, client] = [spansOf("/private", "SERVER"), spansOf("/private", "CLIENT")];
    expect([server.length, client.length]).toEqual([1, 1]);
    expect(server[0].attributes["error.type"]).toBe("WS_ERR_REFUSED");
    expect(client[0]).toMatchObject({
      error: "the server answered with HTTP status 401 (WS_ERR_UNEXPECTED_RESPONSE)",
    });
  });

  test("errors and limits are events of the connection's span", () => {
    expect(spansOf("/4", "SERVER")[1].events).toMatchObject([
      { name: "exception", "exception.message": "planned" },
    ]);
    expect(spansOf("/21", "SERVER")[1].events).toEqual([
      { name: "limit", "websocket.limit": "maxMessageSize", "websocket.action": "closed" },
    ]);
  });

  test("nothing shows the query, in which the client sent a secret", () => {
    expect(lines.filter((line) => line.includes("secret"))).toEqual([]);
  });

  test("metrics in the text format of Prometheus", () => {
    const value = (name: string, ...labels: string[]) =>
      lines
        .find(
          (line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)),
        )
        ?.split(" ")
        .at(-1);
    const [server, client] = ['role="server"', 'role="client"'];
    const handshakes = "websocket_handshake_duration_count";
    expect(value(handshakes, server, 'outcome="accepted"')).toBe("3");
    expect(value(handshakes, client, 'outcome="accepted"')).toBe("3");
    expect(value(handshakes, server, 'outcome="WS_ERR_REFUSED"')).toBe("1");
    expect(value(handshakes, client, 'outcome="WS_ERR_UNEXPECTED_RESPONSE"')).toBe("1");
    expect(value("websocket_connection_duration_count", server, 'status_code="1011"')).toBe("1");
    expect(value("websocket_limits_total", server, 'name="maxMessageSize"')).toBe("1");
    expect(value("websocket_handler_errors_total", server)).toBe("1");
    expect(value("websocket_messages_total", 'direction="received"')).toBe("2");
    expect(value("websocket_connections")).toBe("0");
    // The format: each line is a comment, a sample or empty.
    const sample = /^(#.*|[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [\d.e+-]+|)$/;
    const page = lines.filter((line) => !line.startsWith("{"));
    expect(page.filter((line) => !sample.test(line))).toEqual([]);
  });
});

test.each(runtimes)("a subscriber that throws harms no connection on $name", async (runtime) => {
  const script = "packages/conformance/test/observability/throwing-subscriber.ts";
  const args = [`@framewright/${runtime.name}-transport`];
  const [line, ...others] = await linesOf(runScriptFromSource(runtime, script, args));
  expect(others).toEqual([]);
  // Handshake, open and close of both sides, and the limit of the server.
  expect(JSON.parse(line)).toEqual({ echo: "hello", statusCode: 1009, calls: 7, uncaught: 7 });
});
