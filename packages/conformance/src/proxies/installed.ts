import { existsSync } from "node:fs";
import { type ProxyKind, proxyKinds } from "./proxy-kinds.ts";

const required = Boolean(process.env.CI) || process.env.FRAMEWRIGHT_REQUIRE_PEERS === "1";

/** Whether a proxy is installed, or must be. Says so if its tests are skipped. */
export function isInstalled({
  program,
  package: needed,
}: Pick<ProxyKind, "program" | "package">): boolean {
  if (required || existsSync(program)) return true;
  console.warn(
    `SKIPPED: Debian's ${needed} is not installed, so nothing was tested behind it. ` +
      "FRAMEWRIGHT_REQUIRE_PEERS=1 makes this a failure.",
  );
  return false;
}

/** The proxies for `describe`, with whether their tests are skipped. */
export const proxies = proxyKinds.map((kind) => ({ name: kind.name, skipped: !isInstalled(kind) }));
