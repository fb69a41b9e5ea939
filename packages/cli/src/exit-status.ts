/**
 * The exit status of a connection that was open, from the status code that it closed with. Zero if
 * it ended as intended. docs/cli.md has the table.
 */
export function exitStatusOfClose(statusCode: number): number {
  if (statusCode === 1000 || statusCode === 1005) return 0;
  if (statusCode <= 1015) return 10 + (statusCode - 1000);
  if (statusCode < 3000) return 29;
  return statusCode < 4000 ? 30 : 40;
}

/** Names of status codes (RFC 6455 section 7.4.1 and its IANA registry). */
const names: Readonly<Record<number, string>> = {
  1000: "normal closure",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no status code",
  1006: "abnormal closure",
  1007: "invalid payload data",
  1008: "policy violation",
  1009: "message too big",
  1010: "mandatory extension",
  1011: "internal error",
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS handshake",
};

/** The name of a status code, or the range that it belongs to. */
export function statusName(statusCode: number): string {
  const range = statusCode >= 4000 ? "private use" : statusCode >= 3000 ? "registered" : "unknown";
  return names[statusCode] ?? range;
}
