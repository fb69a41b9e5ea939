/**
 * Checks the packages as they would be published: packs them, installs the archives into an empty
 * project, and uses them there from JavaScript on each runtime and from TypeScript.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { type Tally, tallyLine } from "./tally.ts";

const root = resolve(import.meta.dirname, "..");
const names = ["codec", "websocket", "node-transport", "deno-transport", "bun-transport"];
const runtimes = { node: ["node"], deno: ["deno", "run", "-A", "--no-lock"], bun: ["bun"] };
const tally: Tally = { passed: 0, failed: 0 };

function check(what: string, run: () => void): void {
  try {
    run();
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

for (const name of names) {
  check(`${name} packs the required files and no others`, () => {
    run(join(root, "packages", name), "npm", "pack", "--silent", "--pack-destination", archives);
    const archive = readdirSync(archives).find((file) => file.startsWith(`framewright-${name}-`));
    const files = run(archives, "tar", "-tzf", archive ?? "")
      .trim()
      .split("\n");
    for (const file of [
      "package/dist/index.js",
      "package/dist/index.d.ts",
      "package/src/index.ts",
      "package/LICENSE",
      "package/README.md",
    ]) {
      if (!files.includes(file)) throw new Error(`${file} is missing`);
    }
    const odd = files.filter(
      (file) =>
        !/^package\/(package\.json|LICENSE|README\.md|(dist|src)\/.+\.(js|ts|map))$/.test(file),
    );
    if (odd.length > 0) throw new Error(`unexpected: ${odd}`);
  });
}

check("the packages install together without other packages", () => {
  const files = readdirSync(archives).map((file) => join(archives, file));
  run(project, "npm", "install", "--offline", "--no-audit", "--no-fund", ...files);
  const installed = readdirSync(join(project, "node_modules")).filter(
    (name) => !name.startsWith("."),
  );
  if (installed.join() !== "@framewright") throw new Error(`installed: ${installed}`);
  const manifest = JSON.parse(
    readFileSync(join(project, "node_modules/@framewright/codec/package.json"), "utf8"),
  );
  if (manifest.dependencies !== undefined) throw new Error("codec has dependencies");
});

for (const [runtime, [program, ...args]] of Object.entries(runtimes)) {
  check(`an echo round trip on ${runtime}`, () => {
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

for (const [runtime, [program, ...args]] of Object.entries(runtimes)) {
  check(`a pair of sockets in memory on ${runtime}`, () => {
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

check("each entry point of codec can be imported alone", () => {
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
check("a bundle contains what it uses of codec and nothing else", () => {
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

check("the WebSocket class brings no server, and nothing else brings the class", () => {
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

check("reconnecting over a native WebSocket takes at most 3 KB, without the codec", () => {
  const { outputFiles, metafile } = buildSync({
    stdin: {
      contents: 'export { reconnecting } from "@framewright/websocket/reconnecting"',
      resolveDir: project,
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    logLevel: "error",
  });
  const { length } = gzipSync(outputFiles[0].contents, { level: 9 });
  console.log(`    ${outputFiles[0].contents.length} bytes minified, ${length} with gzip`);
  if (length > 3_000) throw new Error(`${length} bytes with gzip`);
  const odd = Object.keys(metafile.inputs).filter((path) => /codec|socket\/dist\/index/.test(path));
  if (odd.length > 0) throw new Error(`${odd}`);
});

check("the declarations type-check in a project with no options but strict", () => {
  writeFileSync(
    join(project, "user.ts"),
    `import { type Message, refuse, type Socket, serve } from "@framewright/node-transport";
import { WebSocket } from "@framewright/node-transport/websocket";
import { readFrameHeader, FrameHeader } from "@framewright/codec/frame";
import { reconnecting } from "@framewright/node-transport";
import { reconnecting as overNative } from "@framewright/websocket/reconnecting";
import { type Pair, pair, TestClock } from "@framewright/websocket/testing";

const server = await serve<{ name: string }>({
  accept: (request) => (request.path === "/" ? { name: request.query } : refuse(404)),
  message(socket: Socket<{ name: string }>, data: Message) {
    const name: string = socket.data.name;
    socket.send(typeof data === "string" ? name + data : data);
  },
});
const length: number = readFrameHeader(new Uint8Array(2), 0, 2, new FrameHeader());
const webSocket: WebSocket = new WebSocket("ws://localhost/", { headers: { a: "b" } });
webSocket.onmessage = (event) => webSocket.send(String(event.data));
using clock = TestClock.install();
const sockets: Pair<number, string> = await pair({ server: { accept: () => 1 }, client: { data: "a" } });
const data: number = sockets.server.data;
const kept = reconnecting<number>("ws://localhost/", {
  data: 1,
  headers: async (attempt) => ({ "x-attempt": String(attempt) }),
  onConnect: (socket) => void socket.send(String(socket.data)),
  shouldRetry: ({ httpStatus }) => httpStatus === 401,
});
const native = overNative((attempt) => "ws://localhost/?" + attempt, {
  queue: { maxBytes: 1_000 },
  onConnect: (socket) => socket.send("a"),
});
export { clock, data, kept, native, length, server, webSocket };
`,
  );
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: [],
  };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["user.ts"] }),
  );
  run(project, bin("tsc"));
});

rmSync(project, { recursive: true });
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
