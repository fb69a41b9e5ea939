import { exampleKey, httpHead } from "../opening-handshake.ts";

/** A case of a server's handling of a client's opening handshake (RFC 6455 section 4.2.1). */
export interface ServerHandshakeCase {
  readonly name: string;
  readonly section: string;
  readonly send: Uint8Array;
  /** 101, or the status code of the refusal. */
  readonly status: number;
  /** With 101, the expected `Sec-WebSocket-Protocol`; undefined if the header must be absent. */
  readonly subprotocol?: string;
}

/** The lines of a valid request. */
export const requestLine = "GET / HTTP/1.1";
export const host = "Host: 127.0.0.1";
export const upgrade = "Upgrade: websocket";
export const connection = "Connection: Upgrade";
export const key = `Sec-WebSocket-Key: ${exampleKey}`;
export const version = "Sec-WebSocket-Version: 13";
export const complete: readonly string[] = [requestLine, host, upgrade, connection, key, version];

/**
 * Returns the complete request. Lines that start with a key are replaced, or omitted if the
 * replacement is "".
 */
export function requestWith(replacements: Readonly<Record<string, string>>): Uint8Array {
  const lines = complete.map((line) => {
    const [, replacement] =
      Object.entries(replacements).find(([start]) => line.startsWith(start)) ?? [];
    return replacement ?? line;
  });
  return httpHead(...lines.filter((line) => line !== ""));
}

/** Returns the complete request with further header lines. */
export function more(...lines: readonly string[]): Uint8Array {
  return httpHead(...complete, ...lines);
}

/** A request that opens the connection. */
export function accepted(
  name: string,
  section: string,
  send: Uint8Array,
  subprotocol?: string,
): ServerHandshakeCase {
  return {
    name,
    section,
    send,
    status: 101,
    ...(subprotocol === undefined ? {} : { subprotocol }),
  };
}

/** A request that is answered with a status other than 101. */
export function refused(
  status: number,
  name: string,
  section: string,
  send: Uint8Array,
): ServerHandshakeCase {
  return { name: `${status}: ${name}`, section, send, status };
}

/** Encodes one byte per character. */
export const latin1 = (text: string) => Buffer.from(text, "latin1");
