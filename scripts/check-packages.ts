/**
 * Checks the packages as they would be published: packs them, installs the archives into an empty
 * project, and uses them there from JavaScript on each runtime and from TypeScript. Also what the
 * registries demand, the size of bundles, and the reports of the public surface.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { staleReports } from "./api-report.ts";
import { publishToJsr, staleManifests } from "./jsr.ts";
import { packAll, published } from "./pack.ts";
import { incompleteExports } from "./package-exports.ts";
import { lintArchive } from "./package-lint.ts";
import { quickStarts } from "./quick-starts.ts";
import { checkSizes } from "./size.ts";
import { type Tally, tallyLine } from "./tally.ts";
import { typeMatrix } from "./type-matrix.ts";

const root = resolve(import.meta.dirname, "..");
const names = published;
const runtimes = { node: ["node"], deno: ["deno", "run", "-A", "--no-lock"], bun: ["bun"] };
const tally: Tally = { passed: 0, failed: 0 };

async function check(what: string, run: () => unknown): Promise<void> {
  try {
    await run();
    tally.passed++;
    console.log(`ok: ${what}`);
  } catch (error) {
    tally.failed++;
    console.log(`FAILED: ${what}\n${error}`);
  }
}

function run(cwd: string, program: string, ...args: string[]): string {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

const bin = (name: string) => join(root, "node_modules/.bin", name);
const project = mkdtempSync(join(tmpdir(), "framewright-packages-"));
const archives = join(project, "archives");
mkdirSync(archives);
writeFileSync(
  join(project, "package.json"),
  '{ "name": "user", "private": true, "type": "module" }\n',
);

/** The name of a package's archive. */
function archiveOf(name: string): string {
  const start = name === "framewright" ? /^framewright-\d/ : new RegExp(`^framewright-${name}-\\d`);
  return readdirSync(archives).find((file) => start.test(file)) ?? "";
}

/** All files that the exports of a package name. */
function entryFiles(name: string): string[] {
  const filesOf = (entry: unknown): string[] =>
    typeof entry === "string" ? [entry] : Object.values(entry as object).flatMap(filesOf);
  const path = join(root, "packages", name, "package.json");
  return filesOf(JSON.parse(readFileSync(path, "utf8")).exports);
}

const packedFiles = () => readdirSync(archives).map((file) => join(archives, file));
packAll(archives);

for (const name of names) {
  await check(`${name} packs the required files and no others`, () => {
    const files = run(archives, "tar", "-tzf", archiveOf(name)).trim().split("\n");
    for (const file of [
      ...entryFiles(name).map((file) => `package/${file.slice(2)}`),
      "package/LICENSE",
      "package/README.md",
    ]) {
      if (!files.includes(file)) throw new Error(`${file} is missing`);
    }
    const odd = files.filter(
      (file) =>
        !/^package\/(package\.json|LICENSE(-THIRD-PARTY)?|README\.md|CHANGELOG\.md|require\/.+\.cjs|dist\/.+\.(c?js|d\.c?ts|map)|src\/.+\.ts)$/.test(
          file,
        ),
    );
    if (odd.length > 0) throw new Error(`unexpected: ${odd}`);
  });
}

for (const name of names) {
  await check(`${name} passes publint and are-the-types-wrong`, () =>
    lintArchive(join(archives, archiveOf(name))),
  );
}

await check("source maps refer to files of the archive, and do not contain them", () => {
  for (const name of names) {
    const files = run(archives, "tar", "-tzf", archiveOf(name)).trim().split("\n");
    for (const file of files.filter((file) => file.endsWith(".map"))) {
      const map = JSON.parse(run(archives, "tar", "-xOzf", archiveOf(name), file));
      if (map.sourcesContent?.some(Boolean)) throw new Error(`${file} contains its sources`);
      for (const source of map.sources as string[]) {
        const path = join(file, "..", source);
        if (!files.includes(path) && !path.includes("node_modules")) {
          throw new Error(`${file} refers to ${path}, which is not there`);
        }
      }
    }
  }
});

await check("the packages install together without other packages", () => {
  run(project, "npm", "install", "--offline", "--no-audit", "--no-fund", ...packedFiles());
  const installed = readdirSync(join(project, "node_modules")).filter(
    (name) => !name.startsWith("."),
  );
  if (installed.join() !== "@framewright,framewright") throw new Error(`installed: ${installed}`);
  const manifest = JSON.parse(
    readFileSync(join(project, "node_modules/@framewright/codec/package.json"), "utf8"),
  );
  if (manifest.dependencies !== undefined) throw new Error("codec has dependencies");
});

for (const [runtime, [program, ...args]] of Object.entries(runtimes)) {
  await check(`an echo round trip on ${runtime}`, () => {
    writeFileSync(
      join(project, `${runtime}.js`),
      `import { connect, serve } from "@framewright/${runtime}-transport";
const server = await serve({ message: (socket, data) => void socket.send(data) });
const socket = await connect("ws://127.0.0.1:" + server.port);
socket.send("hello");
for await (const message of socket) {
  console.log(message);
  socket.close(1000);
}
await server.close();
`,
    );
    const output = run(project, bin(program), ...args, `${runtime}.js`);
    if (output !== "hello\n") throw new Error(`printed ${JSON.stringify(output)}`);
  });
}

const echo = `async function main() {
  const server = await serve({ message: (socket, data) => void socket.send(data) });
  const socket = await connect("ws://127.0.0.1:" + server.port);
  socket.send("hello");
  for await (const message of socket) {
    console.log(message);
    socket.close(1000);
  }
  await server.close();
}
main();
`;
/** How a program gets the package. All of them get the same module, except Node without it. */
const kinds = {
  import: ["mjs", 'import { connect, serve } from "framewright";\n'],
  require: ["cjs", 'const { connect, serve } = require("framewright");\n'],
} as const;
for (const [runtime, [program, ...args]] of Object.entries(runtimes)) {
  for (const [kind, [extension, start]] of Object.entries(kinds)) {
    await check(`an echo round trip on ${runtime} with ${kind} of framewright`, () => {
      writeFileSync(join(project, `echo.${extension}`), start + echo);
      const output = run(project, bin(program), ...args, `echo.${extension}`);
      if (output !== "hello\n") throw new Error(`printed ${JSON.stringify(output)}`);
    });
  }

  await check(`import and require give the same classes on ${runtime}`, () => {
    writeFileSync(
      join(project, "same.mjs"),
      `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const own = "@framewright/${runtime}-transport";
for (const [a, b] of [["framewright", "framewright"], ["framewright", own]]) {
  const first = await import(a);
  const second = require(b);
  console.log(["HandshakeError", "IncomingRequest", "WebSocket", "serve"].every((name) => first[name] === second[name]));
}
console.log(require("framewright/codec").ProtocolError === (await import("@framewright/codec")).ProtocolError);
`,
    );
    const output = run(project, bin(program), ...args, "same.mjs");
    if (output !== "true\ntrue\ntrue\n") throw new Error(`printed ${JSON.stringify(output)}`);
  });

  await check(`the transports for others say so on ${runtime}`, () => {
    writeFileSync(
      join(project, "wrong.mjs"),
      `for (const name of ["node", "deno", "bun"]) {
  const { serve } = await import("@framewright/" + name + "-transport");
  try {
    await (await serve({})).close();
    console.log(name, "works");
  } catch ({ code }) {
    console.log(name, code);
  }
}
`,
    );
    const output = run(project, bin(program), ...args, "wrong.mjs");
    const expected = Object.keys(runtimes).map(
      (name) => `${name} ${name === runtime ? "works" : "WS_ERR_WRONG_RUNTIME"}\n`,
    );
    if (output !== expected.join("")) throw new Error(`printed ${output}`);
  });
}

await check("Node loads framewright in at most 16 files", () => {
  const program = `import { registerHooks } from "node:module";
const files = new Set();
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) files.add(url);
    return next(url, context);
  },
});
await import("framewright");
console.log(files.size);`;
  writeFileSync(join(project, "files.mjs"), program);
  const count = Number(run(project, bin("node"), "files.mjs"));
  if (!(count > 0 && count <= 16)) throw new Error(`it loads ${count} files`);
});

await check("an echo round trip with the CommonJS files, as on Node before 22.12", () => {
  const flag = "--no-experimental-require-module";
  const output = run(project, bin("node"), flag, "echo.cjs");
  if (output !== "hello\n") throw new Error(`printed ${JSON.stringify(output)}`);
  const resolved = run(
    project,
    bin("node"),
    flag,
    "-p",
    'require.resolve("@framewright/node-transport")',
  );
  if (!resolved.endsWith(".cjs\n")) throw new Error(`resolved to ${resolved}`);
});

await check(
  "a bundle for browsers has the client over the native class, and says what it lacks",
  () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents: `import { reconnecting, serve, connect, attach, createUpgrades, WebSocket, WebSocketStream } from "framewright";
console.log(typeof reconnecting, WebSocket === globalThis.WebSocket, typeof WebSocketStream);
serve({}).catch((error) => console.log(error.code));
connect("ws://localhost").catch((error) => console.log(error.code));
for (const run of [attach, createUpgrades]) try { run({}, {}); } catch (error) { console.log(error.code); }`,
        resolveDir: project,
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      logLevel: "error",
    });
    if (/["']node:/.test(outputFiles[0].text)) throw new Error("it imports modules of Node");
    writeFileSync(join(project, "bundle.mjs"), outputFiles[0].contents);
    const output = run(project, bin("node"), "bundle.mjs");
    const code = "WS_ERR_WRONG_RUNTIME\n";
    if (output !== `function true function\n${code.repeat(4)}`)
      throw new Error(`printed ${output}`);
  },
);

for (const [runtime, [program, ...args]] of Object.entries(runtimes)) {
  await check(`a pair of sockets in memory on ${runtime}`, () => {
    writeFileSync(
      join(project, "testing.js"),
      `import { pair, TestClock } from "@framewright/websocket/testing";
const clock = TestClock.install();
const { client } = await pair({ server: { idleTimeout: 60_000, compression: true }, client: { compression: true } });
await clock.advance(70_000);
const { statusCode } = await client.closed;
clock.uninstall();
console.log(client.extensions !== "", statusCode);
`,
    );
    const output = run(project, bin(program), ...args, "testing.js");
    if (output !== "true 1001\n") throw new Error(`printed ${JSON.stringify(output)}`);
  });
}

await check("each entry point of codec can be imported alone", () => {
  for (const path of ["", "/frame", "/handshake", "/deflate"]) {
    const program = `console.log(Object.keys(await import("@framewright/codec${path}")).length > 5)`;
    const output = run(project, bin("node"), "--input-type=module", "--eval", program);
    if (output !== "true\n") throw new Error(`${path} printed ${output}`);
  }
});

/** Exports, and how many bytes of minified JavaScript each needs at most. */
const bundleLimits = [
  ["", "StatusCode", 3_000],
  ["/frame", "readFrameHeader", 1_000],
  ["/frame", "encodeFrame", 6_000],
  ["/handshake", "parseExtensionList", 1_000],
  ["/handshake", "UpgradeRequestReader", 20_000],
  ["/deflate", "negotiateDeflate", 4_000],
] as const;
await check("a bundle contains what it uses of codec and nothing else", () => {
  for (const [path, name, limit] of bundleLimits) {
    const { outputFiles } = buildSync({
      stdin: {
        contents: `export { ${name} } from "@framewright/codec${path}"`,
        resolveDir: project,
      },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      logLevel: "error",
    });
    const { length } = outputFiles[0].contents;
    if (length === 0 || length > limit) throw new Error(`${name} takes ${length} bytes`);
  }
});

/** Returns the source files of which a bundle has more than nothing. */
function bundledFiles(contents: string): string[] {
  const { metafile } = buildSync({
    stdin: { contents, resolveDir: project },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    conditions: ["@framewright/source"],
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
}

await check("the WebSocket class brings no server, and nothing else brings the class", () => {
  for (const runtime of Object.keys(runtimes)) {
    const root = `@framewright/${runtime}-transport`;
    const withClass = bundledFiles(`export { WebSocket } from "${root}/websocket"`);
    const without = bundledFiles(`export { connect, serve } from "${root}"`);
    for (const [files, folder, other] of [
      [withClass, "/src/web/", "/src/server/"],
      [without, "/src/server/", "/src/web/"],
    ] as const) {
      if (!files.some((path) => path.includes(folder))) throw new Error(`${files}`);
      const odd = files.filter((path) => path.includes(other));
      if (odd.length > 0) throw new Error(`${runtime}: ${odd}`);
    }
  }
});

for (const { name, errors } of await typeMatrix(project)) {
  await check(`the declarations with ${name}`, () => {
    if (errors !== "") throw new Error(errors);
  });
}

await check("bundles keep to size-budget.json", () => {
  const faults = checkSizes(project);
  if (faults.length > 0) throw new Error(faults.join("\n"));
});

await check("the reports of the public surface are those of npm run api", () => {
  const stale = staleReports(false);
  if (stale.length > 0) throw new Error(`stale: ${stale.join(", ")}`);
});

await check("each entry point has its conditions: node scripts/package-exports.ts --write", () => {
  const incomplete = incompleteExports(false);
  if (incomplete.length > 0) throw new Error(`incomplete: ${incomplete.join(", ")}`);
});

await check("jsr.json of each package is that of node scripts/jsr.ts --versions", () => {
  const stale = staleManifests();
  if (stale.length > 0) throw new Error(`stale: ${stale.join(", ")}`);
});

await check("JSR takes the packages: deno publish --dry-run", () => {
  publishToJsr("--dry-run");
});

for (const { name, fault } of await quickStarts(packedFiles())) {
  await check(`the guide: ${name}`, () => {
    if (fault !== undefined) throw fault;
  });
}

rmSync(project, { recursive: true });
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
