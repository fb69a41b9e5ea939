import { createHash } from "node:crypto";
import { once } from "node:events";
import * as net from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** For `expect.poll`, which waits 50 ms otherwise. */
export const often = { interval: 5 };

/** What a scripted server has received: the heads of requests, and who sent them. */
export interface ScriptedServer {
  readonly port: number;
  readonly requests: string[];
  readonly remoteAddresses: string[];
  /** Number of connections that are open. */
  open(): number;
  close(): Promise<void>;
}

/** Returns the value of a header of a request, or undefined. */
export function headerOf(request: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, "im").exec(request)?.[1];
}

/** The response that accepts a request (RFC 6455 section 4.2.2). */
export function acceptance(request: string): string {
  const key = headerOf(request, "sec-websocket-key");
  const hash = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${hash.digest("base64")}`,
    "",
    "",
  ].join("\r\n");
}

/**
 * Starts a server that answers each request by a function and leaves the connection open.
 *
 * @param answer - Returns or resolves to the response, or returns undefined for none.
 */
export async function scriptedServer(
  answer: (request: string) => string | undefined | Promise<string>,
  { tls, hostname = "127.0.0.1" }: { tls?: TlsOptions; hostname?: string } = {},
): Promise<ScriptedServer> {
  const requests: string[] = [];
  const remoteAddresses: string[] = [];
  const sockets = new Set<net.Socket>();
  const accept = (socket: net.Socket) => {
    sockets.add(socket);
    remoteAddresses.push(socket.remoteAddress ?? "");
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const serve = (socket: net.Socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", async (bytes) => {
      text += bytes.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      requests.push(text);
      const answered = answer(text);
      text = "";
      const response = await answered;
      if (response !== undefined) socket.write(response, "latin1");
    });
  };
  const server = tls === undefined ? net.createServer(serve) : createTlsServer(tls, serve);
  server.on("tlsClientError", () => {});
  server.on("connection", accept);
  server.listen(0, hostname);
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    requests,
    remoteAddresses,
    open: () => sockets.size,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
