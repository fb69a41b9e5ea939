/** The environment variables of the server, checked. */
export interface Configuration {
  readonly port: number;
  readonly hostname: string;
  /** The key of the signatures of session tokens. */
  readonly sessionSecret: string;
  /** A file with the names whose sessions have ended early, one a line; undefined for none. */
  readonly revokedFile: string | undefined;
  /** What Prometheus must send as a bearer token; undefined if there is no metrics page. */
  readonly metricsToken: string | undefined;
  readonly origins: "same" | readonly string[];
  /** The addresses of the proxies in front of the server. */
  readonly proxies: readonly string[];
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  readonly messagesPerSecond: number;
  readonly maxMessageSize: number;
  readonly maxBufferedAmount: number;
  /** Times in milliseconds. See the example `deployment`. */
  readonly readinessDelay: number;
  readonly spreadOver: number;
  readonly timeout: number;
  /** Whether spans are printed. */
  readonly printsSpans: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration. A variable that is empty counts as absent.
 *
 * @throws Error that names the variable, what it must be, and its value unless that is a secret.
 */
export function readConfiguration(environment: Environment): Configuration {
  const text = (name: string) => environment[name] || undefined;
  const list = (name: string) =>
    text(name)
      ?.split(",")
      .map((entry) => entry.trim());
  const number = (name: string, byDefault: number, min = 1, max = 2 ** 31 - 1): number => {
    const given = text(name) ?? String(byDefault);
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= min && value <= max) return value;
    throw new Error(`${name} must be an integer from ${min} to ${max}, got ${given}`);
  };
  return {
    port: number("PORT", 8080, 0, 65_535),
    hostname: text("HOST") ?? "127.0.0.1",
    sessionSecret: secret("SESSION_SECRET", text("SESSION_SECRET") ?? ""),
    revokedFile: text("REVOKED_FILE"),
    metricsToken: text("METRICS_TOKEN") && secret("METRICS_TOKEN", text("METRICS_TOKEN") ?? ""),
    origins: list("ORIGINS") ?? "same",
    proxies: list("PROXIES") ?? [],
    maxConnections: number("MAX_CONNECTIONS", 10_000),
    maxConnectionsPerClient: number("MAX_CONNECTIONS_PER_CLIENT", 20),
    messagesPerSecond: number("MESSAGES_PER_SECOND", 20, 1, 1_000),
    maxMessageSize: number("MAX_MESSAGE_SIZE", 65_536),
    maxBufferedAmount: number("MAX_BUFFERED_AMOUNT", 1_048_576),
    readinessDelay: number("READINESS_DELAY", 5_000, 0),
    spreadOver: number("SPREAD_OVER", 10_000, 0),
    timeout: number("CLOSE_TIMEOUT", 5_000),
    printsSpans: printsSpans(text("SPANS")),
  };
}

function printsSpans(value: string | undefined): boolean {
  if (value === undefined || value === "console") return value === "console";
  throw new Error(`SPANS must be console or absent, got ${value}`);
}

/** Throws if a secret can be guessed. The error does not show it. */
function secret(name: string, value: string): string {
  if (value.length >= 32) return value;
  throw new Error(`${name} must have at least 32 characters, got ${value.length}`);
}
