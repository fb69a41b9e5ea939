import { readFileSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Certificates } from "../../../websocket/test/certificates.ts";
import { repositoryPath } from "../runtimes.ts";
import { SubjectProcess } from "../subject-process.ts";
import {
  http2ProxyKinds,
  type ProxyKind,
  type ProxyName,
  type ProxySettings,
  proxyKinds,
} from "./proxy-kinds.ts";

/** Another process may take a port that was free. Then others are tried. */
const maxStarts = 5;
/** The user and group `nobody`: root starts the proxies as it, so that they have no privileges. */
export const nobody = 65_534;

/** What the ports and the certificate do not tell about a proxy. */
export type ProxyOptions = Pick<ProxySettings, "servers" | "idleTimeout">;

/** A proxy in its own process and folder, with the configuration of the example `deployment`. */
export class ProxyProcess {
  /** The port for `ws:`. */
  readonly port: number;
  /** The port for `wss:`. */
  readonly tlsPort: number;
  readonly process: SubjectProcess;
  private readonly kind: ProxyKind;
  private readonly folder: string;
  private readonly settings: ProxySettings;

  private constructor(
    kind: ProxyKind,
    folder: string,
    settings: ProxySettings,
    process: SubjectProcess,
  ) {
    this.kind = kind;
    this.folder = folder;
    this.settings = settings;
    this.process = process;
    this.port = settings.port;
    this.tlsPort = settings.tlsPort;
  }

  /** Starts a proxy and waits until it accepts connections. */
  static async start(
    name: ProxyName,
    options: ProxyOptions,
    { cert, key }: Certificates,
  ): Promise<ProxyProcess> {
    const kinds = [...proxyKinds, ...http2ProxyKinds];
    const kind = kinds.find((one) => one.name === name) as ProxyKind;
    const folder = await mkdtemp(join(tmpdir(), `framewright-${name}-`));
    await writeOwned(join(folder, "cert.pem"), cert);
    await writeOwned(join(folder, "key.pem"), key);
    await writeOwned(join(folder, "both.pem"), `${cert}\n${key}`);
    if (isRoot) await chown(folder, nobody, nobody);
    for (let start = 1; ; start++) {
      const [port, tlsPort] = await freePorts(2);
      const settings = { ...options, folder, port, tlsPort };
      await writeConfiguration(kind, settings);
      const process = new SubjectProcess([...asNobody, ...kind.command(folder)]);
      if (await accepts(process, kind.listensWithoutTls ? port : tlsPort))
        return new ProxyProcess(kind, folder, settings, process);
      await process.stop("SIGKILL");
      if (start < maxStarts) continue;
      await rm(folder, { recursive: true });
      throw new Error(`${name} failed:\n${process.standardError}`);
    }
  }

  /** Has the proxy read its configuration again, with other servers. */
  async reload(servers: ProxySettings["servers"]): Promise<void> {
    await writeConfiguration(this.kind, { ...this.settings, servers });
    process.kill(this.process.pid, this.kind.reloadSignal);
  }

  async stop(): Promise<void> {
    // Only with SIGTERM the main process ends its workers.
    await this.process.stop("SIGTERM");
    await rm(this.folder, { recursive: true });
  }
}

/** Whether this process is root. The proxies then run as `nobody`. */
export const isRoot = process.getuid?.() === 0;
/** What a command line starts with. */
export const asNobody = isRoot
  ? ["/usr/bin/setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"]
  : [];

/** Writes a file that the proxy alone can read. */
export async function writeOwned(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (isRoot) await chown(file, nobody, nobody);
}

async function writeConfiguration(kind: ProxyKind, settings: ProxySettings): Promise<void> {
  let text = readFileSync(repositoryPath(kind.example), "utf8");
  for (const [shown, value] of kind.replacements(settings)) {
    if (!text.includes(shown)) throw new Error(`${kind.example} does not contain ${shown}`);
    text = text.replaceAll(shown, value);
  }
  await writeOwned(join(settings.folder, kind.main.file), kind.main.text);
  await writeOwned(join(settings.folder, "site.conf"), text);
}

/** Returns ports that are free at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once("error", reject).listen(0, "127.0.0.1", () => {
          resolve((server.address() as { port: number }).port);
        });
      }),
  );
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

/** Waits until a port accepts connections. Returns false if the process ends before. */
export async function accepts(process: SubjectProcess, port: number): Promise<boolean> {
  while (process.isRunning) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    // nginx tries again for a while, and whoever has the port may accept connections.
    if (/in use/.test(process.standardError)) return false;
    if (isOpen) return true;
    await delay(20);
  }
  return false;
}
