import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { CertificateFiles } from "../../src/certificates.ts";
import { exampleKey } from "../../src/opening-handshake.ts";

/** What a server does to a client. */
export interface Behaviour {
  readonly name: string;
  /** Called when the connection stands, in place of reading the request. */
  connected?(socket: Socket): void;
  /** Called when the request was received. */
  asked?(socket: Socket, key: string): void;
  /** What `connect` must report: the code of its rejection, or how the socket ended. */
  readonly code: string;
  /** What it may report instead. */
  readonly otherCode?: string;
  /** The events of a `WebSocket`. Default: `error` and `close`. */
  readonly events?: string;
}

/** The events of an attempt that failed. */
export const failing = "error, close 1006";

/** The TCP connections below those of TLS. */
export const tcpBelow = new WeakMap<Socket, Socket>();

/** A listening server that treats each client in one way. */
export class HostileServer {
  readonly behaviour: Behaviour;
  readonly url: string;
  /** Connections that have not ended. */
  readonly open: ReadonlySet<Socket>;
  private readonly stopListening: () => void;

  private constructor(
    behaviour: Behaviour,
    url: string,
    open: ReadonlySet<Socket>,
    stopListening: () => void,
  ) {
    this.behaviour = behaviour;
    this.url = url;
    this.open = open;
    this.stopListening = stopListening;
  }

  /** @param tls - Makes it a server of `wss:`. Its TLS handshake is honest. */
  static start(behaviour: Behaviour, tls?: CertificateFiles): Promise<HostileServer> {
    const open = new Set<Socket>();
    const accept = (socket: Socket) => {
      open.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => open.delete(socket));
      socket.once("end", () => socket.destroy());
      if (behaviour.connected === undefined) answerRequest(socket, behaviour);
      else {
        socket.resume();
        behaviour.connected(socket);
      }
    };
    const server =
      tls === undefined
        ? createServer({ allowHalfOpen: true, noDelay: true }, accept)
        : createTlsServer({ cert: tls.cert, key: tls.key, allowHalfOpen: true }, accept);
    server.on("tlsClientError", () => {});
    const byPort = new Map<number | undefined, Socket>();
    server.on("connection", (socket) => byPort.set(socket.remotePort, socket));
    server.prependListener("secureConnection", (socket: Socket) => {
      const below = byPort.get(socket.remotePort);
      if (below !== undefined) tcpBelow.set(socket, below);
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        const url = `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${port}/`;
        resolve(new HostileServer(behaviour, url, open, () => server.close()));
      });
    });
  }

  stop(): void {
    this.stopListening();
    for (const socket of this.open) socket.destroy();
  }
}

function answerRequest(socket: Socket, behaviour: Behaviour): void {
  let head = "";
  socket.on("data", (bytes) => {
    if (head.includes("\r\n\r\n")) return;
    head += bytes.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    const [, key = exampleKey] = /^sec-websocket-key: *(\S+)/im.exec(head) ?? [];
    behaviour.asked?.(socket, key);
  });
}

/** Writes the same bytes again and again until the client has ended the connection. */
export function writeWithoutEnd(socket: Socket, bytes: Uint8Array): void {
  const write = () => {
    while (socket.writable && socket.write(bytes));
  };
  socket.on("drain", write);
  write();
}
