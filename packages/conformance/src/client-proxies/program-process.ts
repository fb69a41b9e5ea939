import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificates } from "../../../websocket/test/certificates.ts";
import {
  accepts,
  asNobody,
  freePorts,
  isRoot,
  nobody,
  writeOwned,
} from "../proxies/proxy-process.ts";
import { SubjectProcess } from "../subject-process.ts";
import type { ProxyProgram } from "./programs.ts";

/** Another process may take a port that was free. Then others are tried. */
const maxStarts = 5;

/** A proxy for clients, in its own process and folder. */
export interface ProgramProcess {
  readonly port: number;
  /** The port for TLS with the proxy, if it takes that. */
  readonly tlsPort: number;
  stop(): Promise<void>;
}

/** Starts a proxy and waits until it accepts connections. */
export async function startProgram(
  { name, files, command }: ProxyProgram,
  { cert, key }: Certificates,
): Promise<ProgramProcess> {
  const folder = await mkdtemp(join(tmpdir(), `framewright-${name}-`));
  if (isRoot) await chown(folder, nobody, nobody);
  for (let start = 1; ; start++) {
    const [port, tlsPort] = await freePorts(2);
    const settings = { folder, port, tlsPort };
    const texts = { ...files(settings), "cert.pem": cert, "key.pem": key };
    for (const [file, text] of Object.entries(texts)) await writeOwned(join(folder, file), text);
    const process = new SubjectProcess([...asNobody, ...command(settings)]);
    if (await accepts(process, port)) {
      const stop = async () => {
        await process.stop("SIGKILL");
        await rm(folder, { recursive: true });
      };
      return { port, tlsPort, stop };
    }
    await process.stop("SIGKILL");
    if (start < maxStarts) continue;
    await rm(folder, { recursive: true });
    throw new Error(`${name} failed:\n${process.standardError}`);
  }
}
