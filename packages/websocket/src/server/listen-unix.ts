import { checkSocketPath } from "../transport/socket-path.ts";
import type { Listener } from "./server.ts";

/** The used part of `BigIntStats` of `node:fs`. */
interface FileStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  isSocket(): boolean;
}
interface FileSystem {
  lstatSync(path: string, options: { bigint: true; throwIfNoEntry: false }): FileStatus | undefined;
  unlinkSync(path: string): void;
  renameSync(from: string, to: string): void;
}
interface Connecting {
  on(event: "connect", listener: () => void): this;
  on(event: "error", listener: (error: { code?: string }) => void): this;
  destroy(): void;
}
/** The used parts of `node:fs` and `node:net`, which Node, Deno and Bun all have. */
interface System {
  readonly fs: FileSystem;
  readonly net: { connect(options: { path: string }): Connecting };
  readonly platform: string;
}

/** A listening Unix socket of a runtime. */
interface UnixListener {
  readonly port: 0;
  /** The promise resolves when the runtime will no longer delete the file at the path. */
  stop(): void | Promise<void>;
}

/**
 * Listens on a Unix socket, with the same treatment of its file on all runtimes:
 *
 * - If another server listens there, this fails.
 * - A socket file on which nobody listens, left behind by a process that was killed, is replaced.
 * - Any other file is left alone, and this fails.
 * - When the listener stops, its file is deleted. A file that has taken its place is not.
 *
 * @param system - `node:fs`, `node:net` and `process.platform`.
 * @param path - See `ListenAddress.unix`.
 * @param bind - Listens. Rejects with the code `EADDRINUSE` if the file exists.
 */
export async function listenUnix(
  { fs, net, platform }: System,
  path: string,
  bind: () => UnixListener | Promise<UnixListener>,
): Promise<Listener> {
  checkSocketPath(path, platform);
  if (path.startsWith("\0")) {
    const { stop } = await bind();
    return { port: 0, stop: () => void stop() };
  }
  let listener: UnixListener;
  try {
    listener = await bind();
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    await removeStale(fs, net, path);
    listener = await bind();
  }
  const own = statusOf(fs, path);
  return { port: 0, stop: () => void stopUnix(fs, path, own, listener) };
}

/** Deletes a socket file on which nobody listens. Throws if the file is anything else. */
async function removeStale(fs: FileSystem, net: System["net"], path: string): Promise<void> {
  const found = statusOf(fs, path);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error("the file exists and is not a socket");
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = net.connect({ path });
    socket.on("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", (error) => resolve(error.code));
  });
  // Other errors do not say that nobody listens. The queue of a busy server may be full.
  if (code !== "ECONNREFUSED") throw new Error("another server listens there");
  // Another process may have replaced the file since.
  const now = statusOf(fs, path);
  if (isSame(found, now) && found.mtimeNs === now?.mtimeNs) fs.unlinkSync(path);
}

/**
 * Stops a listener and deletes its file. The runtimes delete what is at their path, whatever it is
 * by now, so another file is put aside until they have.
 *
 * @param own - The file of this listener. Its inode is not reused while the socket is open.
 */
async function stopUnix(
  fs: FileSystem,
  path: string,
  own: FileStatus | undefined,
  listener: UnixListener,
): Promise<void> {
  let putBack: (() => void) | undefined;
  try {
    const now = statusOf(fs, path);
    if (isSame(own, now)) {
      fs.unlinkSync(path);
    } else if (now !== undefined) {
      const aside = `${path}.${now.ino}`;
      fs.renameSync(path, aside);
      putBack = () => fs.renameSync(aside, path);
    }
  } catch {
    // Without access to the folder, the runtime cannot delete the file either.
  }
  const released = listener.stop();
  if (putBack === undefined) return;
  if (released !== undefined) await released;
  try {
    putBack();
  } catch {
    // It stays aside: something that cannot be replaced has taken its place.
  }
}

function statusOf(fs: FileSystem, path: string): FileStatus | undefined {
  return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function isSame(a: FileStatus | undefined, b: FileStatus | undefined): boolean {
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}
