import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { ListenAddress } from "../server/listen-options.ts";
import type { Transport } from "../transport/transport.ts";

/** A server that listens in memory. */
export interface MemoryListener {
  readonly isSecure: boolean;
  /** Undefined if the server has all names of the port. */
  readonly hostname: string | undefined;
  readonly port: number;
  readonly unix: string | undefined;
  readonly accept: (transport: Transport) => void;
}

/** Names that stand for every address of a machine. */
const wildcards = ["0.0.0.0", "::", "[::]"];
const loopback = ["127.0.0.1", "::1", "[::1]", "localhost"];
/** The first port that is chosen for a server that asks for any, as on Linux by default. */
const firstFreePort = 49_152;

/** The servers of a network by their addresses. */
export class MemoryHosts {
  private readonly listeners = new Set<MemoryListener>();

  /**
   * Adds a server.
   *
   * @param asked - The options `port` and `hostname` of the server, before their defaults.
   * @throws Error with the code EADDRINUSE if another server listens there.
   */
  listen(
    { unix }: ListenAddress,
    asked: { readonly port?: number; readonly hostname?: string },
    isSecure: boolean,
    accept: (transport: Transport) => void,
  ): MemoryListener {
    const hostname = wildcards.includes(asked.hostname ?? "::") ? undefined : asked.hostname;
    const port = unix === undefined ? this.choosePort(asked.port, isSecure) : 0;
    for (const other of this.listeners) {
      if (other.unix !== unix || other.port !== port || other.hostname !== hostname) continue;
      throw Object.assign(new Error("address already in use"), { code: "EADDRINUSE" });
    }
    const listener = { isSecure, hostname, port, unix, accept };
    this.listeners.add(listener);
    return listener;
  }

  stop(listener: MemoryListener): void {
    this.listeners.delete(listener);
  }

  /** Returns the server of a URL: the one with its host name, else the one with all names. */
  find({ hostname, port, socketPath, secure }: WebSocketUrl): MemoryListener | undefined {
    let found: MemoryListener | undefined;
    for (const listener of this.listeners) {
      if (listener.isSecure !== secure) continue;
      if (socketPath !== "") {
        if (listener.unix === socketPath) return listener;
      } else if (listener.unix === undefined && listener.port === port) {
        if (listener.hostname === undefined) found ??= listener;
        else if (areSame(listener.hostname, hostname)) return listener;
      }
    }
    return found;
  }

  private choosePort(port: number | undefined, isSecure: boolean): number {
    if (port === undefined) return isSecure ? 443 : 80;
    if (port !== 0) return port;
    const used = new Set([...this.listeners].map((listener) => listener.port));
    let free = firstFreePort;
    while (used.has(free)) free++;
    return free;
  }
}

function areSame(one: string, other: string): boolean {
  return one === other || (loopback.includes(one) && loopback.includes(other));
}
