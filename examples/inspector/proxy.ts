import net from "node:net";
import tls from "node:tls";
import { encodeFeed, FeedKind } from "./feed.ts";

/** Longest head of a request whose `Host` is replaced, in bytes. */
const maxHeadLength = 16_384;
const headEnd = "\r\n\r\n";

/**
 * Passes TCP connections on to a server, and tells a feed what both endpoints send.
 *
 * @param target - `ws:` or `wss:`. Its host replaces that of the request.
 * @param publish - Called with each message of the feed.
 */
export function createProxy(
  target: URL,
  publish: (message: Uint8Array<ArrayBuffer>) => void,
): net.Server {
  let count = 0;
  return net.createServer((client) => {
    const id = ++count;
    const tell = (kind: FeedKind, bytes: Uint8Array) => publish(encodeFeed(kind, id, bytes));
    const upstream = connectTo(target);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const name = `${client.remoteAddress}:${client.remotePort} → ${target.host}`;
    tell(FeedKind.Opened, new TextEncoder().encode(name));
    const host = new HostReplacement(target);
    // `pipe` in both directions would hide the bytes; pausing keeps its backpressure.
    relay(client, upstream, (bytes) => {
      const passed = host.replace(bytes);
      if (passed.length > 0) tell(FeedKind.Client, passed);
      return passed;
    });
    relay(upstream, client, (bytes) => {
      tell(FeedKind.Server, bytes);
      return bytes;
    });
    client.once("close", () => {
      tell(FeedKind.Ended, new Uint8Array(0));
      end();
    });
    upstream.once("close", end);
    for (const socket of [client, upstream]) socket.on("error", end);
  });
}

function connectTo({ protocol, hostname, port }: URL): net.Socket {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "wss:")
    return tls.connect({
      host,
      port: Number(port || 443),
      ...(net.isIP(host) === 0 && { servername: host }),
    });
  return net.connect({ host, port: Number(port || 80) });
}

function relay(from: net.Socket, to: net.Socket, pass: (bytes: Uint8Array) => Uint8Array): void {
  from.on("data", (bytes: Buffer) => {
    if (!to.write(pass(bytes))) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
}

/** Replaces `Host` and `Origin` in the request's head: servers check them. */
class HostReplacement {
  private readonly target: URL;
  private head = "";
  private isDone = false;

  constructor(target: URL) {
    this.target = target;
  }

  /** Returns the bytes to pass on: none while the head is incomplete. */
  replace(bytes: Uint8Array): Uint8Array {
    if (this.isDone) return bytes;
    this.head += Buffer.from(bytes).toString("latin1");
    const end = this.head.indexOf(headEnd);
    if (end < 0 && this.head.length < maxHeadLength) return new Uint8Array(0);
    this.isDone = true;
    const { protocol, host } = this.target;
    const origin = `${protocol === "wss:" ? "https" : "http"}://${host}`;
    const lines = this.head
      .slice(0, Math.max(end, 0))
      .replace(/^host:.*$/im, `Host: ${host}`)
      .replace(/^origin:.*$/im, `Origin: ${origin}`);
    return Buffer.from(lines + this.head.slice(Math.max(end, 0)), "latin1");
  }
}
