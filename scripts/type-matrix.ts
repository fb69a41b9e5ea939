/**
 * Compiles programs that use the installed packages with several versions of TypeScript and options.
 * `node scripts/type-matrix.ts PROJECT [--all]` runs it alone, on a project that has the packages.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, ".artifacts/typescript");
/**
 * The versions beside the repository's own. They are not in package.json because all of them have a
 * program `tsc`, and npm would link any of them.
 */
const versions = { "5.4": "5.4.5", "5.6": "5.6.3", "5.9": "5.9.3", "7.0": "7.0.2" };
const compilers: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(versions).map((name) => [
      name,
      join(folder, `node_modules/typescript-${name}/bin/tsc`),
    ]),
  ),
  "6.0": join(root, "node_modules/typescript/bin/tsc"),
};

const resolutions = {
  nodenext: { module: "NodeNext", moduleResolution: "NodeNext" },
  node16: { module: "Node16", moduleResolution: "Node16" },
  bundler: { module: "ESNext", moduleResolution: "Bundler" },
} as const;
type Resolution = keyof typeof resolutions;

interface Row {
  readonly version: string;
  readonly resolution: Resolution;
  /** Whether `@types/node` is there. */
  readonly nodeTypes: boolean;
  /** Whether the library has `Symbol.asyncDispose`. */
  readonly disposable: boolean;
}

/** Each version with each resolution, and each pair of the other options with each resolution. */
function pairwise(): Row[] {
  return Object.keys(compilers).flatMap((version, v) =>
    (Object.keys(resolutions) as Resolution[]).map((resolution, r): Row => {
      const bits = v + r;
      return {
        ...{ version, resolution },
        nodeTypes: bits % 2 === 0,
        disposable: Math.floor(bits / 2) % 2 === 0,
      };
    }),
  );
}

function everything(): Row[] {
  const both = [true, false];
  return Object.keys(compilers).flatMap((version) =>
    (Object.keys(resolutions) as Resolution[]).flatMap((resolution) =>
      both.flatMap((nodeTypes) =>
        both.map((disposable): Row => ({ version, resolution, nodeTypes, disposable })),
      ),
    ),
  );
}

/** A program that uses each entry point, with the types that users write. */
const program = `import {
  connect,
  type Message,
  reconnecting,
  refuse,
  type Socket,
  serve,
  UnsupportedError,
  WebSocket,
} from "framewright";
import { reconnecting as overNative } from "framewright/client";
import { Connection, StatusCode } from "framewright/codec";
import { FrameHeader, readFrameHeader } from "framewright/frame";
import { UpgradeRequestReader } from "framewright/handshake";
import { pair, TestClock } from "framewright/testing";
import { WebSocket as WebSocketAlone } from "framewright/web";
import { readFrameHeader as sameFunction } from "@framewright/codec/frame";
import { DeflateOffer } from "@framewright/codec/deflate";
import { serve as serveNode } from "@framewright/node-transport";
import { serve as serveDeno } from "@framewright/deno-transport";
import { serve as serveBun } from "@framewright/bun-transport";
import { WebSocket as BunWebSocket } from "@framewright/bun-transport/websocket";
import { broadcast } from "@framewright/websocket";
import { connectWith } from "@framewright/websocket/transport";

export async function main() {
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
  const clock = TestClock.install();
  const sockets = await pair({ server: { accept: () => 1 }, client: { data: "a" } });
  const data: number = sockets.server.data;
  const kept = reconnecting<number>("ws://localhost/", {
    data: 1,
    headers: async (attempt) => ({ "x-attempt": String(attempt) }),
    onConnect: (socket) => void socket.send(String(socket.data)),
    shouldRetry: ({ status }) => status === 401,
  });
  const native = overNative((attempt) => "ws://localhost/?" + attempt, {
    queue: { maxBytes: 1_000 },
    onConnect: (socket) => socket.send("a"),
  });
  const socket = await connect("ws://localhost/");
  for await (const message of socket) broadcast([socket], message);
  try {
    socket.send("a");
  } catch (error) {
    if (error instanceof UnsupportedError && error.code === "WS_ERR_WRONG_RUNTIME") return;
  }
  const same: typeof readFrameHeader = sameFunction;
  const code: StatusCode = StatusCode.NormalClosure;
  return { clock, code, data, kept, length, native, same, server };
}
export const used = [
  ...[Connection, UpgradeRequestReader, WebSocketAlone, DeflateOffer, connectWith, BunWebSocket],
  ...[serveNode, serveDeno, serveBun],
];
`;

/** What needs the library \`esnext.disposable\`. */
const disposableProgram = `import { connect } from "framewright";
import { TestClock } from "framewright/testing";

export async function main() {
  using clock = TestClock.install();
  await using socket = await connect("ws://localhost/");
  return [clock, socket];
}
`;

/** Installs the compilers, once. */
function installCompilers(): void {
  if (Object.values(compilers).every((path) => existsSync(path))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const packages = Object.entries(versions).map(
    ([name, version]) => `typescript-${name}@npm:typescript@${version}`,
  );
  const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { status, stderr } = spawnSync("npm", ["install", ...flags, ...packages], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`TypeScript cannot be installed: ${stderr}`);
}

/** Writes the programs and one configuration for each row. */
function writeProject(project: string, rows: readonly Row[]): void {
  for (const name of ["user.mts", "user.cts", "user.ts"])
    writeFileSync(join(project, name), program);
  writeFileSync(join(project, "disposable.ts"), disposableProgram);
  const link = join(project, "node_modules/@types/node");
  mkdirSync(dirname(link), { recursive: true });
  if (!existsSync(link)) symlinkSync(join(root, "node_modules/@types/node"), link);
  for (const row of rows) {
    const { resolution, nodeTypes, disposable } = row;
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: nodeTypes,
      target: "ES2022",
      lib: ["ES2022", ...(disposable ? ["ESNext.Disposable"] : []), ...(nodeTypes ? [] : ["DOM"])],
      types: nodeTypes ? ["node"] : [],
      ...resolutions[resolution],
    };
    const files = resolution === "bundler" ? ["user.ts"] : ["user.mts", "user.cts"];
    if (disposable) files.push("disposable.ts");
    writeFileSync(
      join(project, `tsconfig.${rowName(row)}.json`),
      JSON.stringify({ compilerOptions, files }),
    );
  }
}

function rowName({ version, resolution, nodeTypes, disposable }: Row): string {
  return [
    ...[version, resolution],
    nodeTypes ? "node-types" : "no-node-types",
    disposable ? "disposable" : "no-disposable",
  ].join("-");
}

/** Returns the errors that a compiler finds in our declarations or in the programs. */
async function compile(project: string, row: Row): Promise<string> {
  const config = `tsconfig.${rowName(row)}.json`;
  const args = [compilers[row.version], "-p", config, "--pretty", "false"];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: project, maxBuffer: 1e8 });
    return "";
  } catch (error) {
    const { stdout, message } = error as { stdout?: string; message: string };
    const lines = (stdout || message).split("\n").filter((line) => line !== "");
    // Declarations of others may have errors: those of Node need a newer TypeScript, for example.
    const isOther = (line: string) =>
      /^(?!user|disposable|node_modules\/@?framewright)\S*\(\d/.test(line);
    return lines.filter((line) => !isOther(line)).join("\n");
  }
}

/**
 * Compiles the programs, two compilers at a time.
 *
 * @param project - A folder with the packages installed. Files are written into it.
 * @returns For each row its name and errors; none is an empty string.
 */
export async function typeMatrix(
  project: string,
  isWhole = false,
): Promise<{ name: string; errors: string }[]> {
  installCompilers();
  const rows = isWhole ? everything() : pairwise();
  writeProject(project, rows);
  const results: { name: string; errors: string }[] = [];
  const waiting = rows.entries();
  const work = async () => {
    for (const [index, row] of waiting) {
      const errors = await compile(project, row);
      results[index] = { name: `TypeScript ${rowName(row)}`, errors };
    }
  };
  await Promise.all([work(), work()]);
  return results;
}

if (import.meta.main) {
  const [project, flag] = process.argv.slice(2);
  for (const { name, errors } of await typeMatrix(project, flag === "--all")) {
    console.log(errors === "" ? `ok: ${name}` : `FAILED: ${name}\n${errors}`);
    if (errors !== "") process.exitCode = 1;
  }
}
