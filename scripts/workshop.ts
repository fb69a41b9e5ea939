import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "..");
const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
/** How long anything may take, in milliseconds. */
export const guard = 60_000;

/** A folder with the packages installed, and the programs of some pages. */
export class Workshop {
  readonly folder: string;
  private readonly ports = new Map<string, number>();
  private readonly processes: ChildProcess[] = [];

  /** @param installed - A folder with the packages installed. */
  constructor(installed: string, name: string) {
    this.folder = join(installed, "..", name.replaceAll(/\W+/g, "-"));
    mkdirSync(this.folder);
    for (const part of ["package.json", "node_modules"]) {
      cpSync(join(installed, part), join(this.folder, part), { recursive: true });
    }
  }

  /** Writes the blocks of a page that have a file name. Each port becomes one that is free. */
  async write(page: string, ...names: string[]): Promise<void> {
    const text = readFileSync(page, "utf8");
    const blocks = new Map(
      [...text.matchAll(/^```\w+ \[(.+)\]\n([\s\S]*?)^```$/gm)].map(([, name, code]) => [
        name,
        code,
      ]),
    );
    for (const name of names) {
      let code = blocks.get(name);
      if (code === undefined) throw new Error(`${page} has no block ${name}`);
      for (const port of ["8080", "8000"])
        code = code.replaceAll(port, String(await this.port(port)));
      writeFileSync(join(this.folder, name), code);
    }
  }

  /** Makes a package of the repository available, as `npm install` would. */
  install(...packages: string[]): void {
    for (const name of packages) {
      const link = join(this.folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", name), link);
    }
  }

  /** The port that stands for one of the documentation. */
  async port(documented: string): Promise<number> {
    const known = this.ports.get(documented);
    if (known !== undefined) return known;
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    this.ports.set(documented, port);
    return port;
  }

  /** Runs a program to its end. Returns what it prints. */
  async run(program: string, ...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env, timeout: guard };
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout;
  }

  /** Starts a program and waits until it prints something. It ends with the workshop. */
  async start(ready: RegExp, program: string, ...args: string[]): Promise<void> {
    const child = spawn(program, args, { cwd: this.folder, env });
    this.processes.push(child);
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${program} is not ready: ${output}`)),
        guard,
      );
      const take = (piece: Buffer) => {
        output += piece;
        if (ready.test(output)) finish(resolve);
      };
      const finish = (then: () => void) => {
        clearTimeout(timer);
        then();
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.once("error", (error) => finish(() => reject(error)));
      child.once("exit", (code) => finish(() => reject(new Error(`exit ${code}: ${output}`))));
    });
  }

  /** Ends what was started, and waits for it. */
  async close(): Promise<void> {
    for (const child of this.processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exit;
      clearTimeout(timer);
    }
  }
}
