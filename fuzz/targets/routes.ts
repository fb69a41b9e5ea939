import { HandshakeError } from "@framewright/codec";
import { allServerParts } from "../../packages/websocket/src/server/all-server-parts.ts";
import { handshakeSettings } from "../../packages/websocket/src/server/handshake-settings.ts";
import type { Router } from "../../packages/websocket/src/server/routes.ts";
import { check, checkSame } from "../reference/check.ts";
import { findMatch, isSamePattern, type Pattern, readPattern } from "../reference/routes.ts";

export { routeDictionary as dictionary } from "../input/dictionaries.ts";

const maxPatterns = 12;

/** Patterns are refused, and paths lead to the most specific pattern, as by a naive matcher. */
export function fuzz(data: Uint8Array): void {
  const parts = Buffer.from(data).toString("latin1").split("\xff");
  const path = `/${parts.pop()}`;
  const sources = [...new Set(parts.slice(0, maxPatterns))];
  const patterns = sources.map(readPattern);
  const router = createRouter(sources);
  const isValid = patterns.every((pattern) => pattern !== undefined) && !hasSame(patterns);
  check((router !== undefined) === isValid, `patterns are ${isValid ? "refused" : "accepted"}`);
  if (router === undefined) return;
  // Exponential or quadratic time shows as an input that does not end.
  router.find(path.repeat(Math.ceil(60_000 / path.length)));
  compare(router, sources, patterns as Pattern[], path);
}

const support = { parts: allServerParts };

/** Returns undefined if the patterns are refused. The route of each pattern returns its source. */
function createRouter(sources: readonly string[]): Router<string> | undefined {
  const routes = sources.map((source) => [source, { accept: () => source }] as const);
  try {
    return handshakeSettings<string>({ routes: Object.fromEntries(routes) }, support).router;
  } catch (error) {
    const { code } = error as { code?: string };
    check(error instanceof TypeError && code === "WS_ERR_INVALID_OPTION", `threw ${error}`);
    return undefined;
  }
}

function hasSame(patterns: readonly (Pattern | undefined)[]): boolean {
  return patterns.some((pattern, index) =>
    patterns.slice(0, index).some((other) => pattern && other && isSamePattern(pattern, other)),
  );
}

function compare(
  router: Router<string>,
  sources: readonly string[],
  patterns: readonly Pattern[],
  path: string,
): void {
  const expected = findMatch(patterns, path);
  const found = router.find(path);
  if (found instanceof HandshakeError) {
    const status = expected === "malformed" ? 400 : 404;
    check(typeof expected !== "object", "a path that a pattern matches is refused");
    checkSame(String(found.httpStatus), String(status), "the status differs");
    return;
  }
  check(typeof expected === "object", "a path that no pattern matches has a route");
  const source = (found.route.options.accept as () => string)();
  checkSame(source, sources[expected.index], "another pattern is chosen");
  const params = Object.entries(found.params).sort();
  checkSame(JSON.stringify(params), JSON.stringify([...expected.params].sort()), "params differ");
}
