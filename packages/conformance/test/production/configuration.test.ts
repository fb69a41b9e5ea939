import { expect, test } from "vitest";
import { readConfiguration } from "../../../../examples/production/configuration.ts";
import { nameInToken, signToken } from "../../../../examples/production/session-token.ts";

const SESSION_SECRET = "x".repeat(32);

test("the defaults, with the only variable that is needed", () => {
  expect(readConfiguration({ SESSION_SECRET })).toEqual({
    port: 8080,
    hostname: "127.0.0.1",
    sessionSecret: SESSION_SECRET,
    revokedFile: undefined,
    metricsToken: undefined,
    origins: "same",
    proxies: [],
    maxConnections: 10_000,
    maxConnectionsPerClient: 20,
    messagesPerSecond: 20,
    maxMessageSize: 65_536,
    maxBufferedAmount: 1_048_576,
    readinessDelay: 5_000,
    spreadOver: 10_000,
    timeout: 5_000,
    printsSpans: false,
  });
});

test("lists are separated by commas, and an empty variable is absent", () => {
  const lists = { ORIGINS: "https://a.example, https://b.example", PROXIES: "10.0.0.1" };
  expect(readConfiguration({ SESSION_SECRET, ...lists, PORT: "" })).toMatchObject({
    origins: ["https://a.example", "https://b.example"],
    proxies: ["10.0.0.1"],
    port: 8080,
  });
});

test.each([
  [{}, "SESSION_SECRET must have at least 32 characters, got 0"],
  [{ SESSION_SECRET: "guess" }, "SESSION_SECRET must have at least 32 characters, got 5"],
  [{ METRICS_TOKEN: "guess" }, "METRICS_TOKEN must have at least 32 characters, got 5"],
  [{ SPANS: "yes" }, "SPANS must be console or absent, got yes"],
  [{ PORT: "65536" }, "PORT must be an integer from 0 to 65535, got 65536"],
  [{ PORT: "-1" }, "PORT must be an integer from 0 to 65535, got -1"],
  [{ MAX_CONNECTIONS: "1e3" }, "MAX_CONNECTIONS must be an integer from 1 to 2147483647, got 1e3"],
  [{ CLOSE_TIMEOUT: "0" }, "CLOSE_TIMEOUT must be an integer from 1 to 2147483647, got 0"],
])("%j: %s", (variables, message) => {
  const base =
    "SESSION_SECRET" in variables || message.startsWith("SESSION") ? {} : { SESSION_SECRET };
  expect(() => readConfiguration({ ...base, ...variables })).toThrow(message);
});

test("a token names who it was signed for, until it expires", () => {
  const soon = Date.now() + 60_000;
  const token = signToken("alice", soon, SESSION_SECRET);
  expect(nameInToken(token, SESSION_SECRET)).toBe("alice");
  expect(nameInToken(token, "y".repeat(32))).toBe(undefined);
  const forged = [
    "",
    ".",
    "..",
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    token.replace(String(soon), String(soon + 1)),
    signToken("alice", Date.now() - 1, SESSION_SECRET),
    signToken("alice", Number.NaN, SESSION_SECRET),
  ];
  for (const value of forged) expect(nameInToken(value, SESSION_SECRET)).toBe(undefined);
  expect(() => signToken("a.b", soon, SESSION_SECRET)).toThrow("a name has");
});
