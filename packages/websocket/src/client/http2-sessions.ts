import { globals, setBackgroundTimer } from "../runtime/globals.ts";
import type { Http2Module } from "../runtime/http2-module.ts";
import type { Http2Stream } from "../transport/http2-stream-transport.ts";
import type { WindowedSession } from "../transport/http2-window.ts";
import type { TransportTarget } from "./open-transport.ts";

/** The used part of `ClientHttp2Stream` of `node:http2`. */
export interface ClientStream extends Http2Stream {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "response", listener: (headers: Readonly<Record<string, unknown>>) => void): unknown;
}

/** The used part of `ClientHttp2Session` of `node:http2`. */
export interface Http2Session extends WindowedSession {
  readonly closed: boolean;
  readonly destroyed: boolean;
  readonly connecting: boolean;
  readonly remoteSettings: {
    readonly enableConnectProtocol?: boolean | undefined;
    readonly maxConcurrentStreams?: number | undefined;
  };
  readonly socket: { readonly remoteAddress?: string | undefined };
  on(event: "error" | "close" | "goaway" | "remoteSettings", listener: () => void): unknown;
  on(event: "connect", listener: (session: unknown, socket: TcpSocket) => void): unknown;
  ping(callback: (error: Error | null) => void): unknown;
  request(headers: Record<string, string | string[]>): unknown;
  close(): unknown;
  destroy(): unknown;
}

/** The used part of `net.Socket` of `node:net`. */
interface TcpSocket {
  destroy(): unknown;
}

/** A session that several sockets share. */
export interface SharedSession {
  readonly session: Http2Session;
  /** Whether the server takes WebSockets over HTTP/2; undefined while that is not known. */
  isUsable: boolean | undefined;
  /** Called once, when `isUsable` is known. */
  readonly waiting: ((isUsable: boolean) => void)[];
  /** Number of sockets that use the session, those in the opening handshake included. */
  users: number;
  /** Takes the session from new sockets. Those that use it go on. */
  readonly retire: () => void;
}

/**
 * How long a session may take to end after its last socket, in milliseconds. A server could leave
 * TCP open for ever, and the process would not end.
 */
const endTimeout = 1_000;

/** By what must be equal to share a TCP connection. Only sessions in use are here. */
const sessions = new Map<string, SharedSession>();
/** The TCP sockets of sessions, which hide them. */
const tcpSockets = new WeakMap<Http2Session, TcpSocket>();

/** Returns a session with a server, which `releaseSession` gives back. */
export function acquireSession(http2: Http2Module, target: TransportTarget): SharedSession {
  const { url, host, localAddress, tls } = target;
  const key = JSON.stringify([url.secure, url.hostname, url.port, host, localAddress, tls]);
  const known = sessions.get(key);
  if (known !== undefined && hasRoom(known)) {
    known.users++;
    return known;
  }
  const session = openSession(http2, target);
  const retire = () => {
    if (sessions.get(key) === shared) sessions.delete(key);
  };
  const shared: SharedSession = { session, isUsable: undefined, waiting: [], users: 1, retire };
  const lose = () => {
    retire();
    learn(shared, false);
  };
  // Called within the event: Deno 2.9.5 crashes if GOAWAY follows SETTINGS before the first stream.
  session.on("remoteSettings", () => learn(shared, announcesConnect(session)));
  session.on("error", lose);
  session.on("close", lose);
  session.on("goaway", retire);
  sessions.set(key, shared);
  return shared;
}

function openSession(
  http2: Http2Module,
  { url, host, localAddress, tls }: TransportTarget,
): Http2Session {
  const scheme = url.secure ? "https" : "http";
  const address = host.includes(":") ? `[${host}]` : host;
  const { ca, certificate, minVersion, rejectUnauthorized } = tls;
  // The host of the URL, if an address of it was looked up.
  const servername = tls.serverName ?? (host === url.hostname ? undefined : url.hostname);
  const options = {
    ...certificate,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(rejectUnauthorized ? {} : { rejectUnauthorized }),
    minVersion,
    // The errors of pushed streams would be nobody's, and end the process.
    settings: { enablePush: false },
  };
  const session = http2.connect(`${scheme}://${address}:${url.port}`, options) as Http2Session;
  session.on("connect", (_session, socket) => void tcpSockets.set(session, socket));
  return session;
}

function learn(shared: SharedSession, isUsable: boolean): void {
  shared.isUsable ??= isUsable;
  for (const callback of shared.waiting.splice(0)) callback(shared.isUsable);
}

/** Gives back a session. The last user closes it. */
export function releaseSession(shared: SharedSession): void {
  if (--shared.users > 0) return;
  shared.retire();
  const { session } = shared;
  // Deno 2.9.5 crashes if a session is closed within one of its events.
  globals.setImmediate(() => {
    // Before it is connected, a session that is closed waits for the end of the TLS handshake.
    if (tcpSockets.has(session)) session.close();
    else session.destroy();
  });
  setBackgroundTimer(() => {
    session.destroy();
    tcpSockets.get(session)?.destroy();
  }, endTimeout);
}

/** Whether the server takes extended CONNECT requests (RFC 8441 section 3). */
export function announcesConnect({ remoteSettings }: Http2Session): boolean {
  return remoteSettings?.enableConnectProtocol === true;
}

/** Whether more sockets took the session than it has room for, before the limit was known. */
export function isOverfull({ session, users }: SharedSession): boolean {
  return users > Math.max(1, mostStreams(session));
}

function mostStreams({ remoteSettings }: Http2Session): number {
  return remoteSettings?.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
}

function hasRoom({ session, users }: SharedSession): boolean {
  if (session.closed || session.destroyed) return false;
  return users < mostStreams(session);
}
