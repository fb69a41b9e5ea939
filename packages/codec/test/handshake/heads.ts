import type { HandshakeError } from "../../src/errors.ts";
import { type HttpHead, HttpHeadReader } from "../../src/handshake/http-head.ts";
import { type HttpRequest, parseRequest } from "../../src/handshake/http-request.ts";
import { ascii } from "../bytes.ts";

/** Joins lines as on the wire, with the empty line that ends a head. */
export function headText(...lines: string[]): string {
  return [...lines, "", ""].join("\r\n");
}

/** Reads a head. Throws if it is invalid. */
export function readHead(...lines: string[]): HttpHead {
  const reader = new HttpHeadReader();
  const text = headText(...lines);
  const end = reader.push(ascii(text));
  if (reader.head === undefined || end !== text.length) {
    throw new Error(`not a head: ${reader.error?.message ?? "it does not end"}`);
  }
  return reader.head;
}

/** Reads a request. Throws if its head or its request line is invalid. */
export function readRequest(...lines: string[]): HttpRequest {
  const request = parseRequest(readHead(...lines));
  if (request instanceof Error) throw request;
  return request;
}

/** Section 1.2's example of a client's handshake, with lines replaced, removed ("") or added. */
export function clientHandshake(changes: Readonly<Record<string, string>> = {}): string[] {
  const lines: Record<string, string> = {
    start: "GET /chat HTTP/1.1",
    host: "Host: server.example.com",
    upgrade: "Upgrade: websocket",
    connection: "Connection: Upgrade",
    key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    origin: "Origin: http://example.com",
    protocol: "Sec-WebSocket-Protocol: chat, superchat",
    version: "Sec-WebSocket-Version: 13",
    ...changes,
  };
  return Object.values(lines)
    .flatMap((line) => line.split("\r\n"))
    .filter((line) => line !== "");
}

/** Formats a fault for comparison. */
export function faultOf(result: unknown): string {
  if (!(result instanceof Error)) return "none";
  const { code, status } = result as HandshakeError;
  return `${status} ${code}`;
}
