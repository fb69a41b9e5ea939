/**
 * Runs the Web Platform Tests for WebSockets on the standard classes, and for comparison on undici's
 * and the runtimes' own. The tests are not part of this repository.
 *
 *     git clone --depth 1 https://github.com/web-platform-tests/wpt
 *     node --conditions=@framewright/source packages/conformance/src/wpt/run.ts wpt [node deno ...]
 *
 * Prints what failed, and how many subtests passed. `--verbose` adds the messages.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeCertificates } from "../../../websocket/test/certificates.ts";
import { type RuntimeName, runScriptFromSource, runtimeNamed } from "../runtimes.ts";
import { startHandlers } from "./handlers.ts";
import type { FileRun } from "./run-file.ts";

/** The classes by name: the runtime, and the script. */
const classes: Record<string, readonly [RuntimeName, string]> = {
  node: ["node", "class-node.ts"],
  deno: ["deno", "class-deno.ts"],
  bun: ["bun", "class-bun.ts"],
  undici: ["node", "class-undici.ts"],
  "native-node": ["node", "class-native.ts"],
  "native-deno": ["deno", "class-native.ts"],
  "native-bun": ["bun", "class-native.ts"],
};

/** What needs pages, frames, workers or cookies. */
const browserOnly =
  /\/(cookies|security|mixed-content|unload-a-document|back-forward-cache|multi-globals|opening-handshake)\b|worker|window\.js$|referrer|iframe|\/events\/00[6-9]/;

const isVerbose = process.argv.includes("--verbose");
const [root, ...names] = process.argv.slice(2).filter((argument) => argument !== "--verbose");
const { ca, cert, key } = await makeCertificates();
const caFile = join(tmpdir(), `framewright-wpt-${process.pid}.pem`);
writeFileSync(caFile, ca);
const environment = { NODE_EXTRA_CA_CERTS: caFile, DENO_CERT: caFile };
const ports = await startHandlers({ cert, key });

function* runs(): Generator<FileRun> {
  const entries = readdirSync(join(root, "websockets"), { recursive: true, encoding: "utf8" });
  for (const entry of entries.sort()) {
    const file = `websockets/${entry}`;
    if (!/\.(any\.js|html?)$/.test(file) || browserOnly.test(file)) continue;
    const text = readFileSync(join(root, file), "utf8");
    if (!file.endsWith(".js") && !text.includes("testharness.js")) continue;
    const found = text.matchAll(/META: variant=(.*)$|<meta name="?variant"? content="([^"]*)"/gm);
    const variants = [...found].map(([, script, meta]) => (script ?? meta).trim());
    for (const variant of variants.length > 0 ? variants : [""]) {
      if (!variant.includes("h2")) yield { root: resolve(root), file, variant, ports };
    }
  }
}

for (const name of names.length > 0 ? names : Object.keys(classes)) {
  const [runtime, script] = classes[name];
  const tally = { passed: 0, failed: 0 };
  for (const run of runs()) {
    const path = `packages/conformance/src/wpt/${script}`;
    const test = runScriptFromSource(
      runtimeNamed(runtime),
      path,
      [JSON.stringify(run)],
      environment,
    );
    const exit = await test.exited;
    if (exit !== 0 || test.lineCount === 0) {
      tally.failed++;
      console.log(
        `${name}: ${run.file}${run.variant}: ${exit} ${test.standardError.slice(0, 500)}`,
      );
    }
    for (let index = 0; index < test.lineCount; index++) {
      const { name: title, passed, message } = JSON.parse(await test.line(index));
      tally[passed ? "passed" : "failed"]++;
      if (passed) continue;
      console.log(`${name}: ${run.file}${run.variant}: ${title}${isVerbose ? `: ${message}` : ""}`);
    }
  }
  console.log(`${name}: ${tally.passed} subtests passed, ${tally.failed} failed`);
}
process.exit(0);
