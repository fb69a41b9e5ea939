import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { exampleKey, httpHead } from "../opening-handshake.ts";
import { RawPeer } from "../raw-peer.ts";
import { type Runtime, repositoryPath } from "../runtimes.ts";
import { echoes } from "../server-driver.ts";
import { SubjectProcess } from "../subject-process.ts";
import type { ModeName } from "./modes/table.ts";
import { descriptorCount, processorTime, residentMemory } from "./process-figures.ts";
import type { SubjectOptions, SubjectState } from "./subject-types.ts";
import { until } from "./until.ts";

/** Descriptors that a runtime may open for its own use later. */
const ownDescriptors = 2;

/** Flags that let a script collect garbage. */
const garbageCollection = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };

/** Runs the subject from source, so that changes take effect without a build. */
export function startSubject(runtime: Runtime, args: readonly string[]): SubjectProcess {
  const script = repositoryPath(`packages/conformance/src/attack/subject-${runtime.name}.ts`);
  const options = ["--conditions=@framewright/source", ...garbageCollection[runtime.name]];
  return new SubjectProcess([...runtime.command, ...options, script, ...args]);
}

/** A subject server in its own process. */
export class AttackedServer {
  readonly process: SubjectProcess;
  readonly port: number;
  /** Number of descriptors that were open before any attack. */
  private idleDescriptors = 0;

  private constructor(process: SubjectProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  /** Starts a server and waits until it listens. */
  static async start(
    runtime: Runtime,
    mode: ModeName,
    options: SubjectOptions = {},
  ): Promise<AttackedServer> {
    const process = startSubject(runtime, [mode, JSON.stringify(options)]);
    const line = await process.line(0);
    const match = /^listening on ws:\/\/127\.0\.0\.1:(\d+)$/.exec(line);
    if (match === null) throw new Error(`${mode} on ${runtime.name} printed ${line}`);
    const server = new AttackedServer(process, Number(match[1]));
    await server.state();
    server.idleDescriptors = server.descriptors + ownDescriptors;
    return server;
  }

  /** Number of open descriptors. */
  get descriptors(): number {
    return descriptorCount(this.process.pid);
  }

  /** Resident memory in bytes. */
  get memory(): number {
    return residentMemory(this.process.pid);
  }

  /** Opens a WebSocket connection. The query tells the mode what to do. */
  async open(query: Readonly<Record<string, string>> = {}, ...lines: string[]): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.port);
    await peer.send(upgradeTo(query, ...lines));
    const head = await peer.takeHead();
    if (!head?.startsWith("HTTP/1.1 101 ")) throw new Error(`not opened: ${head}`);
    return peer;
  }

  /** Returns whether a new connection gets its echo. */
  async isServing(): Promise<boolean> {
    const peer = await this.open();
    const served = await echoes(peer, "still there?");
    peer.destroy();
    return served;
  }

  /** Asks the subject for its state. */
  state(): Promise<SubjectState> {
    return this.get("/state").then((body) => JSON.parse(body));
  }

  /**
   * Returns the memory in use by the program, in bytes: without garbage and memory that the runtime
   * reserves.
   */
  memoryInUse(): Promise<number> {
    return this.get("/memory").then(Number);
  }

  /** Sends a plain HTTP request. */
  get(path: string): Promise<string> {
    const options = { host: "127.0.0.1", port: this.port, path, agent: false, timeout: 10_000 };
    return new Promise((resolve, reject) => {
      const asked = request(options, async (response) => {
        let body = "";
        for await (const piece of response.setEncoding("utf8")) body += piece;
        resolve(body);
      });
      asked.on("timeout", () => asked.destroy(new Error(`no answer to GET ${path}`)));
      asked.on("error", reject).end();
    });
  }

  /** Waits until no more descriptors are open than before the attack. */
  async descriptorsGivenBack(limit?: number): Promise<void> {
    await until(
      () => ({ open: this.descriptors, before: this.idleDescriptors }),
      ({ open, before }) => open <= before,
      limit,
    );
  }

  /** Measures the share of one processor that the process uses. */
  async load(milliseconds = 500): Promise<number> {
    const before = processorTime(this.process.pid);
    const start = performance.now();
    await delay(milliseconds);
    const used = processorTime(this.process.pid) - before;
    return (used * 1_000) / (performance.now() - start);
  }

  async stop(): Promise<void> {
    await this.process.stop("SIGKILL");
  }
}

/** Returns a client's opening handshake with a query for the subject. */
export function upgradeTo(
  query: Readonly<Record<string, string>>,
  ...lines: readonly string[]
): Uint8Array {
  return httpHead(
    `GET /?${new URLSearchParams(query)} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${exampleKey}`,
    "Sec-WebSocket-Version: 13",
    ...lines,
  );
}
