/**
 * Runs one file of the Web Platform Tests in this process and prints a line of JSON for each of its
 * subtests.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { runInThisContext } from "node:vm";

/** How to run a file. The command line has it as JSON. */
export interface FileRun {
  /** The checkout of the Web Platform Tests. */
  readonly root: string;
  /** Path within the checkout. */
  readonly file: string;
  /** The query of the variant, "" or with "?". */
  readonly variant: string;
  readonly ports: { readonly ws: number; readonly wss: number };
}

interface Subtest {
  readonly name: string;
  readonly status: number;
  readonly message: string | null;
}

type Script = { readonly source: string } | { readonly code: string };

/** For all subtests of a file, in milliseconds. */
const timeout = 15_000;

/** Runs the file with global classes, by name, and ends the process. */
export function runFile(classes: object, { root, file, variant, ports }: FileRun): void {
  const location = new URL(`http://localhost:${ports.ws}/${file}${variant}`);
  const self = globalThis;
  const hidden = { writable: true, enumerable: false, configurable: true };
  const define = (values: object) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(self, name, { ...hidden, value });
    }
  };
  const no = () => false;
  const scope = { isWindow: no, isWorker: no, isShadowRealm: no };
  // Web IDL's tests ask whether the global object is a window.
  define({ ...classes, self, window: self, Window: Object, location, GLOBAL: scope });
  const substitute = (text: string) =>
    text
      .replaceAll("{{host}}", "localhost")
      .replaceAll("{{ports[ws][0]}}", String(ports.ws))
      .replaceAll(/\{\{ports\[(wss|https|h2)\]\[0\]\}\}/g, String(ports.wss))
      .replaceAll(/\{\{[^}]*\}\}/g, "");
  const load = (path: string) => {
    const absolute = path.startsWith("/") ? join(root, path) : join(root, dirname(file), path);
    return substitute(readFileSync(absolute.replace(/\?.*$/, ""), "utf8"));
  };
  const run = (code: string) => runInThisContext(code);
  define({ fetch: async (path: string) => new Response(load(path)) });
  run(load("/resources/testharness.js"));

  const report = (subtests: readonly Subtest[]) => {
    for (const { name, status, message } of subtests) {
      console.log(JSON.stringify({ name, passed: status === 0, message }));
    }
    process.exit(0);
  };
  const harness = self as unknown as {
    add_result_callback(callback: (subtest: Subtest) => void): void;
    add_completion_callback(callback: (subtests: readonly Subtest[]) => void): void;
  };
  const done: Subtest[] = [];
  harness.add_result_callback((subtest) => done.push(subtest));
  harness.add_completion_callback(report);
  process.on("uncaughtException", () => {});
  process.on("unhandledRejection", () => {});
  setTimeout(
    () => report([...done, { name: "(the file)", status: 2, message: "timeout" }]),
    timeout,
  );
  for (const script of scriptsOf(load(`/${file}`), file)) {
    run("source" in script ? load(script.source) : script.code);
  }
}

/** Returns the scripts of a test in order, without those of the harness. */
function scriptsOf(text: string, file: string): Script[] {
  if (file.endsWith(".js")) {
    const sources = [...text.matchAll(/^\/\/ META: script=(.*)$/gm)];
    return [...sources.map(([, source]) => ({ source: source.trim() })), { code: text }];
  }
  const scripts = [...text.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)];
  return scripts.flatMap(([, attributes, code]): Script[] => {
    const source = /src=["']?([^"'\s>]+)/.exec(attributes)?.[1];
    if (source === undefined) return [{ code }];
    return /\/resources\/testharness(report)?\.js/.test(source) ? [] : [{ source }];
  });
}
