import { HandshakeError, HttpHeaders, IncomingRequest } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ClientLimitOptions, ClientLimits } from "../../src/server/client-limits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function from(address: string): IncomingRequest {
  return new IncomingRequest({ method: "GET", target: "/", headers: new HttpHeaders() }, address);
}

/** Returns the key, the code of the refusal, or undefined. */
function admit(limits: ClientLimits, address: string): string | undefined {
  const result = limits.admit(from(address));
  return result instanceof HandshakeError ? result.code : result;
}

describe("clients are told apart by their network", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:0:7::1", "2001:db8:0:7"],
    ["2001:db8:0:7:1:2:3:4", "2001:db8:0:7"],
    ["2001:0db8:0000:0007::", "2001:db8:0:7"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8::1:2:3:4", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["1::", "1:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("%s is %s", (address, key) => {
    expect(admit(new ClientLimits({}), address)).toBe(key);
  });
});

test("connections: refused with 429 until one has ended", () => {
  const limits = new ClientLimits({ connections: 2 });
  expect(admit(limits, "192.0.2.1")).toBe("192.0.2.1");
  expect(admit(limits, "192.0.2.1")).toBe("192.0.2.1");
  expect(limits.admit(from("192.0.2.1"))).toMatchObject({
    code: "WS_ERR_CLIENT_CONNECTIONS",
    status: 429,
    message: "too many connections of this client (WS_ERR_CLIENT_CONNECTIONS)",
  });
  expect(admit(limits, "192.0.2.2")).toBe("192.0.2.2");
  limits.release("192.0.2.1");
  expect(admit(limits, "192.0.2.1")).toBe("192.0.2.1");
  expect(admit(limits, "192.0.2.1")).toBe("WS_ERR_CLIENT_CONNECTIONS");
});

describe("handshakesPerMinute", () => {
  test.each([1, 7, 60, 1_000])("%d at once, then at the same rate", (handshakesPerMinute) => {
    const limits = new ClientLimits({ handshakesPerMinute });
    const address = "192.0.2.1";
    for (let count = 0; count < handshakesPerMinute; count++) {
      expect(admit(limits, address)).toBe(address);
    }
    const interval = 60_000 / handshakesPerMinute;
    expect(limits.admit(from(address))).toMatchObject({
      code: "WS_ERR_CLIENT_HANDSHAKES",
      status: 429,
      retryAfter: Math.ceil(interval / 1_000),
    });
    expect(admit(limits, "192.0.2.2")).toBe("192.0.2.2");
    vi.advanceTimersByTime(Math.floor(interval / 2));
    expect(admit(limits, address)).toBe("WS_ERR_CLIENT_HANDSHAKES");
    vi.advanceTimersByTime(Math.ceil(interval / 2) + 1);
    expect(admit(limits, address)).toBe(address);
    expect(admit(limits, address)).toBe("WS_ERR_CLIENT_HANDSHAKES");
  });

  test("refused handshakes do not count, and a minute of silence renews all", () => {
    const limits = new ClientLimits({ handshakesPerMinute: 3 });
    const burst = () =>
      Array.from({ length: 20 }, () => admit(limits, "a")).filter((x) => x === "a");
    for (let minute = 0; minute < 5; minute++) {
      expect(burst()).toHaveLength(3);
      vi.advanceTimersByTime(60_000);
    }
  });

  test("many other clients do not make it forget one, and are forgotten themselves", () => {
    const limits = new ClientLimits({ handshakesPerMinute: 1 });
    expect(admit(limits, "a")).toBe("a");
    for (let other = 0; other < 40_000; other++) {
      const key = limits.admit(from(`o${other}`));
      limits.release(key as string);
    }
    expect(admit(limits, "a")).toBe("WS_ERR_CLIENT_HANDSHAKES");
    for (let other = 0; other < 200_000; other++) {
      const key = limits.admit(from(`p${other}`));
      limits.release(key as string);
    }
    const { recent, older } = limits as unknown as Record<string, Map<string, number>>;
    expect(recent.size + older.size).toBeLessThanOrEqual(65_536);
  });
});

describe("key", () => {
  test("decides who is one client; undefined is exempt", () => {
    const limits = new ClientLimits({
      connections: 1,
      key: ({ remoteAddress }) => (remoteAddress === "monitor" ? undefined : "all"),
    });
    expect(admit(limits, "monitor")).toBeUndefined();
    expect(admit(limits, "monitor")).toBeUndefined();
    expect(admit(limits, "1")).toBe("all");
    expect(admit(limits, "2")).toBe("WS_ERR_CLIENT_CONNECTIONS");
  });

  test("256 characters count", () => {
    const limits = new ClientLimits({ key: ({ remoteAddress }) => remoteAddress });
    expect(admit(limits, "x".repeat(1_000))).toBe("x".repeat(256));
  });
});

test.each<[ClientLimitOptions, string]>([
  [5 as never, "option perClient must be an object, got 5"],
  [
    { connection: 1 } as never,
    'option perClient has no "connection", only key, connections and handshakesPerMinute; did you mean connections?',
  ],
  [{ key: 1 } as never, "option perClient.key must be a function, got 1"],
  [
    { connections: 0 },
    "option perClient.connections must be an integer from 1 to 9007199254740991, got 0",
  ],
  [
    { handshakesPerMinute: 60_001 },
    "option perClient.handshakesPerMinute must be an integer from 1 to 60000, got 60001",
  ],
])("%j is invalid", (options, message) => {
  expect(() => new ClientLimits(options)).toThrow(
    expect.objectContaining({
      message: `${message} (WS_ERR_INVALID_OPTION)`,
      code: "WS_ERR_INVALID_OPTION",
    }),
  );
});
