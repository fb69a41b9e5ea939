import { HandshakeError, type HandshakeStep } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import type { AbortSignal } from "../runtime/globals.ts";

/** What an opening handshake waits for, by its step. */
const waits: Readonly<Record<HandshakeStep, string>> = {
  queue: "earlier connections to the host are not answered",
  lookup: "the host name is not resolved",
  connect: "the connection is not answered",
  tls: "the TLS handshake is not done",
  response: "the server has not responded",
};

/** Creates the error of a handshake that took too long. */
export function timedOut(step: HandshakeStep): HandshakeError {
  const message = `the opening handshake took too long: ${waits[step]}`;
  return new HandshakeError("WS_ERR_HANDSHAKE_TIMEOUT", 0, message);
}

/** Creates the error of a transport that could not be opened. */
export function connectError(url: WebSocketUrl, cause: unknown): HandshakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot connect to ${addressOf(url)}: ${reason}`;
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message, { cause });
}

/** What is published of an attempt whose signal was aborted. The caller gets the signal's reason. */
export function abortedError(url: WebSocketUrl, { reason }: AbortSignal): HandshakeError {
  const message = `cannot connect to ${addressOf(url)}: the attempt was aborted`;
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message, { cause: reason });
}

/** Completes an error of a client with where the handshake failed. */
export function locate(error: HandshakeError, step: HandshakeStep, url: WebSocketUrl): void {
  const place = { step: error.step ?? step, url: error.url ?? formatUrl(url) };
  Object.assign(error, place);
}

/** Returns what to connect to, for errors and as the key of the queue. */
export function addressOf({ hostname, port, socketPath }: WebSocketUrl): string {
  if (socketPath === "") return `${hostname} port ${port}`;
  return socketPath.startsWith("\0") ? `@${socketPath.slice(1)}` : socketPath;
}

/** Returns the URL without its user information, which is often a password. */
export function formatUrl({ secure, host, target, socketPath }: WebSocketUrl): string {
  const path = socketPath.replace("\0", "@");
  return socketPath === ""
    ? `${secure ? "wss" : "ws"}://${host}${target}`
    : `ws+unix:${path}:${target}`;
}
