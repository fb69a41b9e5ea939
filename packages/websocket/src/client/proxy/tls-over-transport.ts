import { readCertificates } from "../../options/read-certificate.ts";
import { DuplexTransport } from "../../transport/duplex-transport.ts";
import type { TlsModules, TlsOptions, TlsSocket } from "../../transport/tls-modules.ts";
import type { Transport } from "../../transport/transport.ts";
import { type ReadWriteStream, TransportStream } from "../../transport/transport-stream.ts";
import { familyOf } from "../addresses.ts";
import type { OpeningProgress, TransportTarget } from "../open-transport.ts";

/**
 * Performs a TLS handshake with a server over a transport, then calls `progress.opened` with the
 * transport of the TLS connection, and resolves. Rejects with the runtime's error.
 *
 * It runs `node:tls` over a stream that is made from the transport. Unlike the runtimes' own functions
 * that takes every transport, also one that is TLS itself.
 *
 * @param transport - Owned from now on, also if the handshake fails.
 * @param first - Bytes that were received before. Copied.
 */
export async function startTls(
  [{ connect }, { Duplex }, crypto]: TlsModules,
  transport: Transport,
  first: Uint8Array,
  target: Pick<TransportTarget, "url" | "tls">,
  progress: Pick<OpeningProgress, "signal" | "opened">,
): Promise<void> {
  const below = new TransportStream(Duplex, transport, first);
  try {
    readCertificates(crypto, { ca: target.tls.ca, ...target.tls.certificate });
  } catch (error) {
    transport.destroy();
    throw error;
  }
  return new Promise((resolve, reject) => {
    const socket = connect(tlsOptions(below.stream, target), () => {
      socket.off("error", reject);
      progress.opened(transportOf(socket, below, transport.remoteAddress));
      resolve();
    });
    socket.once("error", reject);
    progress.signal.addEventListener("abort", () => socket.destroy());
  });
}

function tlsOptions(
  socket: ReadWriteStream,
  { url: { hostname }, tls }: Pick<TransportTarget, "url" | "tls">,
): TlsOptions {
  const { ca, certificate, serverName, minVersion, rejectUnauthorized, alpn } = tls;
  // An IP address must not be sent as a server name (RFC 6066 section 3).
  const servername = serverName ?? (familyOf(hostname) === 0 ? hostname : undefined);
  return {
    socket: socket as never,
    allowHalfOpen: true,
    host: hostname,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...certificate,
    minVersion,
    rejectUnauthorized,
    ALPNProtocols: [...alpn],
  };
}

function transportOf(socket: TlsSocket, below: TransportStream, remoteAddress: string): Transport {
  const transport = new DuplexTransport(socket, {
    remoteAddress,
    ownsBytes: true,
    // A paused socket goes on reading from the stream in Deno, and keeps all bytes.
    onPause: (isPaused) => below.hold(isPaused),
    // Bun passes all bytes on at once, whether the stream is full or not.
    pendingBelow: () => below.stream.writableLength,
  });
  below.onSent = () => {
    if (socket.writableLength === 0) transport.listener.drained();
  };
  return transport;
}
