import { fileURLToPath } from "node:url";
import { SubjectProcess } from "./subject-process.ts";

/** Returns the absolute path of a file in this repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export type RuntimeName = "node" | "deno" | "bun";

/** A JavaScript runtime installed in this repository. */
export interface Runtime {
  readonly name: RuntimeName;
  /** The command line before the script. */
  readonly command: readonly string[];
}

function executable(name: RuntimeName): string {
  return repositoryPath(`node_modules/.bin/${name}`);
}

/** All supported runtimes. */
export const runtimes: readonly Runtime[] = [
  { name: "node", command: [executable("node")] },
  { name: "deno", command: [executable("deno"), "run", "-A", "--no-lock"] },
  { name: "bun", command: [executable("bun")] },
];

/** Returns the runtime with a name. */
export function runtimeNamed(name: RuntimeName): Runtime {
  return runtimes.find((runtime) => runtime.name === name) as Runtime;
}

/** Runs a script of this repository. */
export function runScript(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): SubjectProcess {
  return new SubjectProcess([...runtime.command, repositoryPath(script), ...args], environment);
}

/** A listening server process. */
export interface ServerProcess {
  readonly process: SubjectProcess;
  readonly port: number;
}

/** Runs a server script and waits for its line `listening on ws://HOST:PORT`. */
export function startServer(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  return listening(runScript(runtime, script, args));
}

/** Like `runScript`, with the packages' sources, so that changes take effect without a build. */
export function runScriptFromSource(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): SubjectProcess {
  const command = [...runtime.command, "--conditions=@framewright/source"];
  return new SubjectProcess([...command, repositoryPath(script), ...args], environment);
}

/** Like `startServer`, with the packages' sources. */
export function startServerFromSource(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  return listening(runScriptFromSource(runtime, script, args, environment));
}

async function listening(process: SubjectProcess): Promise<ServerProcess> {
  const line = await process.line(0);
  const match = /^listening on wss?:\/\/.*:(\d+)$/.exec(line);
  if (match === null) throw new Error(`a server printed ${line}`);
  return { process, port: Number(match[1]) };
}

/** Starts a runtime's echo server on a free port. */
export function startEchoServer(
  runtime: Runtime,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer(runtime, `examples/echo/${runtime.name}.ts`, ["--port", "0", ...flags]);
}

/** Starts a runtime's echo client, which connects to the URLs one after another. */
export function startEchoClient(
  runtime: Runtime,
  urls: readonly string[],
  flags: readonly string[] = [],
): SubjectProcess {
  return runScript(runtime, `examples/echo-client/${runtime.name}.ts`, [...flags, ...urls]);
}
