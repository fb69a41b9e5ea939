import { createHash } from "node:crypto";
import type { Socket, SocketHandler } from "bun";

/** Port and protocol of the other endpoint. */
export interface Target {
  readonly port: number;
  /** Plain TCP has no opening handshake. */
  readonly protocol: "ws" | "tcp";
  readonly tls: boolean;
  /** If set, connections are streams of HTTP/2: of a shared connection, or each of its own. */
  readonly http2?: "shared" | "own" | undefined;
}

const hostname = "127.0.0.1";
const endOfHead = "\r\n\r\n";

function upgradeRequest(port: number, extensions: string): string {
  return [
    "GET / HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(extensions === "" ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
    `Sec-WebSocket-Version: 13${endOfHead}`,
  ].join("\r\n");
}

function upgradeResponse(request: string): string {
  const key = /^sec-websocket-key: (\S+)/im.exec(request)?.[1];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept.digest("base64")}${endOfHead}`,
  ].join("\r\n");
}

/**
 * A TCP connection that performs the opening handshake and afterwards only reports received bytes.
 */
export class RawConnection {
  /**
   * Called with the number of bytes received after the opening handshake, and the borrowed bytes.
   */
  onBytes: (length: number, bytes: Uint8Array) => void = () => {};
  /** The extensions that the server accepted. */
  extensions = "";
  onClose: () => void = () => {};
  readonly opened: Promise<void>;
  private readonly role: "client" | "server" | "open";
  private readonly socket: Socket<RawConnection>;
  private head: string | undefined = "";
  private unsent: Uint8Array | undefined = undefined;
  private closed = false;
  private readonly open = Promise.withResolvers<void>();

  constructor(socket: Socket<RawConnection>, role: "client" | "server" | "open") {
    this.socket = socket;
    this.role = role;
    this.opened = this.open.promise;
    this.opened.catch(() => {});
    socket.data = this;
    if (role === "open") this.finishHandshake();
  }

  startHandshake(port: number, extensions: string): void {
    if (this.role === "client") this.write(Buffer.from(upgradeRequest(port, extensions)));
  }

  /** @throws Error if the connection is closed. */
  write(bytes: Uint8Array): void {
    if (this.closed) throw new Error("a connection was closed");
    const taken = Math.max(this.socket.write(bytes), 0);
    if (taken < bytes.length) this.unsent = bytes.subarray(taken);
  }

  /** Ends the connection. */
  end(): void {
    this.socket.end();
  }

  receive(bytes: Uint8Array): void {
    if (this.head === undefined) this.onBytes(bytes.length, bytes);
    else this.receiveHead(bytes);
  }

  drain(): void {
    const { unsent } = this;
    this.unsent = undefined;
    if (unsent !== undefined) this.write(unsent);
  }

  close(): void {
    this.closed = true;
    this.open.reject(new Error("the connection was closed during its opening handshake"));
    this.onClose();
  }

  private receiveHead(bytes: Uint8Array): void {
    const head = this.head + Buffer.from(bytes).toString("latin1");
    const end = head.indexOf(endOfHead);
    if (end < 0) {
      this.head = head;
      return;
    }
    if (this.role === "server") this.write(Buffer.from(upgradeResponse(head)));
    else if (!head.startsWith("HTTP/1.1 101")) this.open.reject(new Error(`no upgrade: ${head}`));
    this.extensions = /^sec-websocket-extensions: (.*)$/im.exec(head)?.[1] ?? "";
    this.finishHandshake();
    const rest = head.length - end - endOfHead.length;
    if (rest > 0) this.onBytes(rest, bytes.subarray(-rest));
  }

  private finishHandshake(): void {
    this.head = undefined;
    this.open.resolve();
  }
}

const handlers = {
  data: (socket, bytes) => socket.data.receive(bytes),
  drain: (socket) => socket.data.drain(),
  close: (socket) => socket.data?.close(),
  error() {}, // `close` follows
} satisfies SocketHandler<RawConnection>;

/**
 * Opens one connection and performs the opening handshake.
 *
 * @param extensions - Extensions to offer; none if empty.
 */
export async function open(
  { port, protocol, tls }: Target,
  extensions = "",
): Promise<RawConnection> {
  const connected = Promise.withResolvers<RawConnection>();
  const start = (socket: Socket<RawConnection>) => {
    const connection = new RawConnection(socket, protocol === "ws" ? "client" : "open");
    connection.startHandshake(port, extensions);
    connected.resolve(connection);
  };
  const opening = Bun.connect<RawConnection>({
    hostname,
    port,
    ...(tls ? { tls: { rejectUnauthorized: false } } : {}),
    socket: { ...handlers, ...(tls ? { open() {}, handshake: start } : { open: start }) },
  });
  opening.catch(connected.reject);
  const connection = await connected.promise;
  await connection.opened;
  return connection;
}

/**
 * Opens many connections, at most 64 at a time.
 *
 * @param opened - Called with each connection when it is open.
 */
export async function openMany(
  target: Target,
  count: number,
  extensions = "",
  opened: (connection: RawConnection) => void = () => {},
): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const wave = Math.min(64, count - connections.length);
    const openOne = async () => {
      const connection = await open(target, extensions);
      opened(connection);
      return connection;
    };
    connections.push(...(await Promise.all(Array.from({ length: wave }, openOne))));
  }
  return connections;
}

/**
 * Listens on a free port. `accepted` settles when `count` clients have completed their opening
 * handshakes.
 */
export function listen(protocol: "ws" | "tcp", count: number) {
  const all = Promise.withResolvers<RawConnection[]>();
  const connections: RawConnection[] = [];
  const listener = Bun.listen<RawConnection>({
    hostname,
    port: 0,
    socket: {
      ...handlers,
      open(socket) {
        const connection = new RawConnection(socket, protocol === "ws" ? "server" : "open");
        connection.opened.then(() => {
          if (connections.push(connection) === count) all.resolve(connections);
        }, all.reject);
      },
    },
  });
  return { port: listener.port, accepted: all.promise };
}
