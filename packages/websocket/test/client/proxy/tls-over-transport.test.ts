import * as crypto from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import * as stream from "node:stream";
import * as tls from "node:tls";
import type { Transport } from "@framewright/websocket/transport";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkClientTls } from "../../../src/client/client-tls.ts";
import { startTls } from "../../../src/client/proxy/tls-over-transport.ts";
import { type DuplexStream, DuplexTransport } from "../../../src/transport/duplex-transport.ts";
import type { TlsModules } from "../../../src/transport/tls-modules.ts";
import {
  acceptsIpv6Certificates,
  type Certificates,
  makeCertificates,
} from "../../certificates.ts";

const modules = [tls, stream, crypto] as unknown as TlsModules;
const nothing = new Uint8Array(0);
const cleanups: (() => unknown)[] = [];
let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** Starts a TLS server. Returns a transport over TCP to it. */
async function dial(accept: (socket: tls.TLSSocket) => void) {
  const server = tls.createServer(
    { ...certificates, ALPNProtocols: ["chat", "http/1.1"] },
    (socket) => {
      socket.on("error", () => {});
      accept(socket);
    },
  );
  server.on("tlsClientError", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  cleanups.push(
    () => server.close(),
    () => socket.destroy(),
  );
  const details = { remoteAddress: "192.0.2.1", ownsBytes: true };
  return { socket, transport: new DuplexTransport(socket as unknown as DuplexStream, details) };
}

/** Starts TLS. Returns its transport, with what it receives. */
async function secure(
  transport: Transport,
  hostname = "localhost",
  options: object = {},
  first = nothing,
) {
  const received = { length: 0, drained: 0 };
  let opened: Transport | undefined;
  const signal = new AbortController().signal;
  const settings = checkClientTls({ ca: certificates.ca, ...options });
  await startTls(
    modules,
    transport,
    first,
    { url: urlOf(hostname), tls: settings },
    {
      signal,
      opened(secured) {
        opened = secured;
        secured.listener = {
          receive: (bytes) => {
            received.length += bytes.length;
          },
          drained: () => void received.drained++,
          ended() {},
          failed() {},
        };
      },
    },
  );
  return { transport: opened as Transport, received };
}

function urlOf(hostname: string) {
  const rest = { port: 443, host: hostname, target: "/", authorization: "", socketPath: "" };
  return { secure: true, hostname, ...rest };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("startTls", () => {
  test("opens a transport that has the address of the one below", async () => {
    const protocols: unknown[] = [];
    const { transport } = await dial((socket) => {
      protocols.push(socket.alpnProtocol);
      socket.pipe(socket);
    });
    const { transport: secured, received } = await secure(transport, "localhost", {
      alpn: ["chat"],
    });
    expect(secured.remoteAddress).toBe("192.0.2.1");
    secured.write(new Uint8Array(100_000));
    await until(() => received.length === 100_000);
    expect(protocols).toEqual(["chat"]);
  });

  const addresses = acceptsIpv6Certificates ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
  test.each(addresses)("accepts a certificate for the address %s", async (address) => {
    const { transport } = await dial(() => {});
    const { transport: secured } = await secure(transport, address);
    secured.destroy();
  });

  test.each([
    ["other.example", {}, /altnames/i],
    ["127.0.0.2", {}, /altnames/i],
    ["localhost", { serverName: "other.example" }, /altnames/i],
    ["localhost", { ca: undefined }, /certificate/i],
    ["localhost", { ca: "none" }, /^tls.ca cannot be read/],
  ])("rejects for %s with %j", async (hostname, options, message) => {
    const { socket, transport } = await dial(() => {});
    await expect(secure(transport, hostname, options)).rejects.toThrow(message);
    await until(() => socket.destroyed);
  });

  test("rejects if bytes came before that are not TLS", async () => {
    const { transport } = await dial(() => {});
    const first = new TextEncoder().encode("HTTP/1.1 503 No\r\n\r\n");
    await expect(secure(transport, "localhost", {}, first)).rejects.toThrow();
  });

  test("reads no more while it is paused", async () => {
    const { socket, transport } = await dial((peer) => {
      const chunk = new Uint8Array(65_536);
      const flood = () => {
        while (!peer.destroyed && peer.write(chunk));
      };
      peer.on("drain", flood);
      flood();
    });
    const { transport: secured, received } = await secure(transport);
    await until(() => received.length > 0);
    secured.pause();
    await until(() => socket.isPaused());
    const { bytesRead } = socket;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(socket.bytesRead - bytesRead).toBeLessThan(1_048_576);
    const { length } = received;
    secured.resume();
    await until(() => received.length > length);
    secured.destroy();
    await until(() => socket.destroyed);
  });

  test("counts what waits below, and reports when it is sent", async () => {
    let arrived = 0;
    const { transport } = await dial((peer) => {
      peer.on("data", (bytes) => {
        arrived += bytes.length;
      });
    });
    let isOpen = true;
    const write = transport.write.bind(transport);
    transport.write = (bytes) => (isOpen ? write(bytes) : 0);
    const { transport: secured, received } = await secure(transport);
    // The TLS handshake is over, and what it wrote is sent.
    let written = secured.write(new Uint8Array(10));
    await until(() => arrived === 10 && secured.pending === 0);
    const { drained } = received;
    isOpen = false;
    const chunk = new Uint8Array(100_000);
    for (let i = 0; i < 20; i++) {
      written += secured.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(written).toBe(10 + chunk.length);
    expect(secured.pending).toBeGreaterThan(0);
    expect(received.drained).toBe(drained);
    isOpen = true;
    transport.listener.drained();
    await until(() => secured.pending === 0 && received.drained > drained);
    await until(() => arrived === written);
    secured.destroy();
  });
});
