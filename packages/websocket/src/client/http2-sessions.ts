import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { Http2Module } from "../runtime/http2-module.ts";
import type { Http2Stream } from "../transport/http2-stream-transport.ts";
import type { WindowedSession } from "../transport/http2-window.ts";
import type { ClientTlsSettings } from "./client-tls.ts";

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
  on(
    event: "connect" | "error" | "close" | "goaway" | "remoteSettings",
    listener: () => void,
  ): unknown;
  ping(callback: (error: Error | null) => void): unknown;
  request(headers: Record<string, string | string[]>): unknown;
  close(): unknown;
  destroy(): unknown;
}

/** A session that several sockets share. */
export interface SharedSession {
  readonly session: Http2Session;
  /** Resolves to whether the server takes WebSockets over HTTP/2. Never rejects. */
  readonly isUsable: Promise<boolean>;
  /** Number of sockets that use the session, those in the opening handshake included. */
  users: number;
}

/** By what must be equal to share a TCP connection. Only sessions in use are here. */
const sessions = new Map<string, SharedSession>();

/** Returns a session with a server, which `releaseSession` gives back. */
export function acquireSession(
  http2: Http2Module,
  url: WebSocketUrl,
  tls: ClientTlsSettings,
): SharedSession {
  const key = JSON.stringify([url.secure, url.hostname, url.port, tls]);
  const known = sessions.get(key);
  if (known !== undefined && hasRoom(known)) {
    known.users++;
    return known;
  }
  const scheme = url.secure ? "https" : "http";
  const host = url.hostname.includes(":") ? `[${url.hostname}]` : url.hostname;
  const { ca, certificate, serverName, minVersion } = tls;
  const options = {
    ...certificate,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    minVersion,
  };
  const authority = `${scheme}://${host}:${url.port}`;
  const session = http2.connect(authority, options) as Http2Session;
  const forget = () => {
    if (sessions.get(key) === shared) sessions.delete(key);
  };
  const isUsable = new Promise<boolean>((resolve) => {
    const lose = () => {
      forget();
      resolve(false);
    };
    session.on("remoteSettings", () => resolve(announcesConnect(session)));
    session.on("error", lose);
    session.on("close", lose);
    session.on("goaway", forget);
  });
  const shared: SharedSession = { session, isUsable, users: 1 };
  sessions.set(key, shared);
  return shared;
}

/** Gives back a session. The last user closes it. */
export function releaseSession(shared: SharedSession): void {
  if (--shared.users > 0) return;
  for (const [key, other] of sessions) if (other === shared) sessions.delete(key);
  shared.session.close();
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
