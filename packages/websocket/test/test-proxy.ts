import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  isIPv6,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** What a proxy was asked for. */
export interface ProxyRequest {
  readonly host: string;
  readonly port: number;
  /** The head of a CONNECT request, or the user name and password of SOCKS. */
  readonly text: string;
}

/** An HTTP or SOCKS5 proxy for tests. It resolves no names: every host is 127.0.0.1. */
export class TestProxy {
  readonly requests: ProxyRequest[] = [];
  /** Number of connections that were accepted. */
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly credentials: string | undefined;
  /** Sent right after the answer, as bytes of the server. */
  private readonly greeting: Uint8Array;

  private constructor(
    tls: { cert: string; key: string } | undefined,
    credentials: string | undefined,
    greeting: Uint8Array,
  ) {
    this.credentials = credentials;
    this.greeting = greeting;
    const accept = (socket: Socket) => void this.accept(socket);
    this.server =
      tls === undefined
        ? createServer({ allowHalfOpen: true }, accept)
        : createTlsServer({ ...tls, allowHalfOpen: true }, accept);
    this.server.on("tlsClientError", () => {});
  }

  /** @param credentials - `user:password` that is demanded. */
  static async start({
    tls,
    credentials,
    greeting = new Uint8Array(0),
  }: {
    tls?: { cert: string; key: string };
    credentials?: string;
    greeting?: Uint8Array;
  } = {}): Promise<TestProxy> {
    const proxy = new TestProxy(tls, credentials, greeting);
    await once(proxy.server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The number of connections that are open, to clients and servers. */
  get open(): number {
    return this.sockets.size;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }

  private async accept(client: Socket): Promise<void> {
    this.connections++;
    this.keep(client);
    const reader = new Reader(client);
    try {
      const [version] = await reader.take(1);
      const isSocks = version === 5;
      const request = isSocks ? await this.readSocks(reader, client) : await readHead(reader);
      this.requests.push(request);
      if (!isSocks && !this.isAllowed(request.text)) {
        client.end("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nnope");
        return;
      }
      this.forward(client, reader, request.port, isSocks);
    } catch {
      client.destroy();
    }
  }

  private isAllowed(head: string): boolean {
    if (this.credentials === undefined) return true;
    return head.includes(`Proxy-Authorization: Basic ${btoa(this.credentials)}\r\n`);
  }

  private async readSocks(reader: Reader, client: Socket): Promise<ProxyRequest> {
    const methods = await reader.take((await reader.take(1))[0]);
    const method = this.credentials === undefined ? 0 : 2;
    if (!methods.includes(method)) {
      client.end(Uint8Array.of(5, 255));
      throw new Error("no method");
    }
    client.write(Uint8Array.of(5, method));
    let text = "";
    if (method === 2) {
      const name = await reader.take((await reader.take(2))[1]);
      const password = await reader.take((await reader.take(1))[0]);
      text = `${name}:${password}`;
      const isRight = text === this.credentials;
      client.write(Uint8Array.of(1, isRight ? 0 : 1));
      if (!isRight) throw new Error("wrong password");
    }
    const [, , , type] = await reader.take(4);
    const length = type === 1 ? 4 : type === 4 ? 16 : (await reader.take(1))[0];
    const address = await reader.take(length);
    const host = type === 3 ? address.toString() : address.join(type === 1 ? "." : ",");
    const port = (await reader.take(2)).readUInt16BE();
    return { host, port, text };
  }

  private forward(client: Socket, reader: Reader, port: number, isSocks: boolean): void {
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.keep(server);
    server.once("connect", () => {
      const answer = isSocks ? "\x05\0\0\x01\0\0\0\0\0\0" : "HTTP/1.1 200 OK\r\n\r\n";
      client.write(Buffer.concat([Buffer.from(answer, "latin1"), this.greeting]));
      server.write(reader.release());
      forward(client, server);
      forward(server, client);
    });
    server.once("error", () => {
      client.end(isSocks ? "\x05\x05\0\x01\0\0\0\0\0\0" : "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    client.on("close", () => server.destroy());
    server.on("close", () => {
      if (server.errored !== null) client.destroy();
    });
  }
}

/** Passes on what a socket receives, as fast as another one takes it. */
function forward(from: Socket, to: Socket): void {
  from.on("data", (bytes) => {
    if (to.write(bytes)) return;
    from.pause();
    tcpHandleOf(from)?.readStop();
    to.once("drain", () => {
      tcpHandleOf(from)?.readStart();
      from.resume();
    });
  });
  from.on("end", () => to.end());
  from.resume();
}

/** On Deno a TLS socket goes on reading while it is paused, and keeps all bytes. */
function tcpHandleOf(socket: Socket) {
  if (!("Deno" in globalThis)) return undefined;
  type Handle = { _parent?: { readStart(): void; readStop(): void } };
  return (socket as unknown as { _handle?: Handle | null })._handle?._parent;
}

async function readHead(reader: Reader): Promise<ProxyRequest> {
  let text = "C";
  while (!text.endsWith("\r\n\r\n")) text += (await reader.take(1)).toString("latin1");
  const [, host, port] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(text) ?? [];
  if (host === undefined) throw new Error(`not CONNECT: ${text}`);
  return { host: isIPv6(host.slice(1, -1)) ? host.slice(1, -1) : host, port: Number(port), text };
}

/** Reads a socket in parts of given lengths. */
class Reader {
  private readonly socket: Socket;
  private bytes = Buffer.alloc(0);
  private wake = () => {};
  private readonly onData = (chunk: Buffer) => {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    this.wake();
  };

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", this.onData);
  }

  async take(length: number): Promise<Buffer> {
    while (this.bytes.length < length) {
      await new Promise<void>((resolve, reject) => {
        this.wake = resolve;
        this.socket.once("close", reject);
      });
    }
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  /** Stops reading. Returns what was read and not taken. */
  release(): Buffer {
    this.socket.off("data", this.onData);
    return this.bytes;
  }
}
