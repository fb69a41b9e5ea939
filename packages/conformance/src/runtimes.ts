import { fileURLToPath } from "node:url";
import { SubjectProcess } from "./subject-process.ts";

/** Absolute path of something in this repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export type RuntimeName = "node" | "deno" | "bun";

/** A JavaScript runtime as it is installed in this repository. */
export interface Runtime {
  readonly name: RuntimeName;
  /** What stands before the script on its command line. */
  readonly command: readonly string[];
}

function executable(name: RuntimeName): string {
  return repositoryPath(`node_modules/.bin/${name}`);
}

/** Every runtime that the packages promise to run on. */
export const runtimes: readonly Runtime[] = [
  { name: "node", command: [executable("node")] },
  { name: "deno", command: [executable("deno"), "run", "-A", "--no-lock"] },
  { name: "bun", command: [executable("bun")] },
];

/** The runtime with a name. */
export function runtimeNamed(name: RuntimeName): Runtime {
  return runtimes.find((runtime) => runtime.name === name) as Runtime;
}

/** Runs a script of this repository. */
export function runScript(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
): SubjectProcess {
  return new SubjectProcess([...runtime.command, repositoryPath(script), ...args]);
}

/** A server process that listens. */
export interface ServerProcess {
  readonly process: SubjectProcess;
  readonly port: number;
}

/** Runs a server script and waits for its line `listening on ws://HOST:PORT`. */
export async function startServer(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const process = runScript(runtime, script, args);
  const line = await process.line(0);
  const match = /^listening on wss?:\/\/.*:(\d+)$/.exec(line);
  if (match === null) throw new Error(`${script} on ${runtime.name} printed ${line}`);
  return { process, port: Number(match[1]) };
}

/** Starts a runtime's echo server on a port of the operating system's choice. */
export function startEchoServer(
  runtime: Runtime,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer(runtime, `examples/echo/${runtime.name}.ts`, ["--port", "0", ...flags]);
}

/** Starts a runtime's echo client, which goes through the URLs one after the other. */
export function startEchoClient(
  runtime: Runtime,
  urls: readonly string[],
  flags: readonly string[] = [],
): SubjectProcess {
  return runScript(runtime, `examples/echo-client/${runtime.name}.ts`, [...flags, ...urls]);
}
