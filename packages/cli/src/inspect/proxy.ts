import { once } from "node:events";
import net from "node:net";
import process from "node:process";
import tls from "node:tls";
import { ConnectionInspector, type OpenInflator, type Sender } from "@framewright/codec/inspect";
import { CliError } from "../errors.ts";
import type { Report } from "./report.ts";

/** Where a proxy passes connections on to, and where it listens. */
export interface ProxySettings {
  readonly target: URL;
  readonly host: string;
  readonly port: number;
  readonly tls: tls.ConnectionOptions;
  readonly openInflator: OpenInflator | undefined;
}

/** Longest head of a request whose `Host` is replaced, in bytes. */
const maxHeadLength = 65_536;

/**
 * Passes TCP connections on to a server and shows their frames, until SIGINT or SIGTERM. The bytes
 * are not changed but for the `Host` and `Origin` headers of the request, which name the server.
 *
 * @throws CliError if it cannot listen.
 */
export async function runProxy(settings: ProxySettings, report: Report): Promise<void> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((client) => {
    void new Relay(client, ++count, settings, report, sockets).run();
  });
  server.listen(settings.port, settings.host);
  try {
    await once(server, "listening");
  } catch (error) {
    const message = `cannot listen: ${(error as Error).message}`;
    throw new CliError("WS_ERR_LISTEN_FAILED", message, error);
  }
  const { port } = server.address() as net.AddressInfo;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  const path = settings.target.pathname + settings.target.search;
  process.stderr.write(`listening on ws://${host}:${port}${path} for ${settings.target.href}\n`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  server.close();
  for (const socket of sockets) socket.destroy();
}

/** One connection of a client, and that to the server. */
class Relay {
  private readonly client: net.Socket;
  private readonly name: string;
  private readonly settings: ProxySettings;
  private readonly report: Report;
  private readonly sockets: Set<net.Socket>;
  private readonly inspector: ConnectionInspector;
  private readonly start = performance.now();
  /** Frames are shown one after another. */
  private shown: Promise<void> = Promise.resolve();

  constructor(
    client: net.Socket,
    number: number,
    settings: ProxySettings,
    report: Report,
    sockets: Set<net.Socket>,
  ) {
    this.client = client;
    this.name = `#${number}`;
    this.settings = settings;
    this.report = report;
    this.sockets = sockets;
    this.inspector = new ConnectionInspector({ openInflator: settings.openInflator });
  }

  async run(): Promise<void> {
    const { client, inspector } = this;
    const server = this.open();
    const errors: string[] = [];
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on("error", ({ name, message }) => {
        // The end of the proxy aborts what is under way.
        if (name !== "AbortError") errors.push(message);
      });
    }
    client.setNoDelay(true);
    server.setNoDelay(true);
    await Promise.all([
      this.pass("client", headReplaced(client, this.settings.target), server),
      this.pass("server", server, client),
    ]);
    this.sockets.delete(client);
    this.sockets.delete(server);
    inspector.end();
    await this.show();
    if (errors.length > 0) await this.report.note(`${this.name}: ${errors[0]}`);
    await this.report.end(inspector.fromClient, "client", this.place());
    await this.report.end(inspector.fromServer, "server", this.place());
    inspector.close();
  }

  private open(): net.Socket {
    const { target, tls: options } = this.settings;
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const isTls = target.protocol === "wss:";
    const port = Number(target.port) || (isTls ? 443 : 80);
    if (!isTls) return net.connect({ host, port, allowHalfOpen: true });
    const servername = net.isIP(host) === 0 ? host : "";
    return tls.connect({ servername, ALPNProtocols: ["http/1.1"], ...options, host, port });
  }

  /** Passes bytes on as fast as they are taken, and shows them. */
  private async pass(
    from: Sender,
    source: AsyncIterable<Uint8Array>,
    target: net.Socket,
  ): Promise<void> {
    try {
      for await (const bytes of source) {
        const hasRoom = target.write(bytes);
        this.inspector.push(from, bytes);
        await this.show();
        if (!hasRoom && !target.destroyed)
          await Promise.race([once(target, "drain"), once(target, "close")]);
      }
      target.end();
    } catch {
      // The error of a socket is noted where both are watched.
      target.destroy();
    }
  }

  private show(): Promise<void> {
    this.shown = this.shown.then(() => this.report.takeConnection(this.inspector, this.place()));
    return this.shown;
  }

  private place() {
    return { connection: this.name, time: (performance.now() - this.start) / 1_000 };
  }
}

/** The bytes of a client, with the `Host` and `Origin` of its request replaced by the server's. */
async function* headReplaced(
  client: AsyncIterable<Uint8Array>,
  target: URL,
): AsyncGenerator<Uint8Array, undefined> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const bytes of client) {
    if (head === undefined) {
      yield bytes;
      continue;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0 && head.length < maxHeadLength) continue;
    yield end < 0 ? head : replaced(head, end, target);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

function replaced(bytes: Buffer, end: number, target: URL): Buffer {
  const origin = `${target.protocol === "wss:" ? "https" : "http"}://${target.host}`;
  const head = bytes
    .toString("latin1", 0, end)
    .replace(/^(host:[ \t]*)[^\r\n]*/im, (_, name) => `${name}${target.host}`)
    .replace(/^(origin:[ \t]*)[^\r\n]*/im, (_, name) => `${name}${origin}`);
  return Buffer.concat([Buffer.from(head, "latin1"), bytes.subarray(end)]);
}
