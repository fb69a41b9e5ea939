import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { ConnectOptions } from "framewright";
import { CliError } from "./errors.ts";
import { collect, integer, parseDuration, parseSize } from "./values.ts";

/** What the options of a client are parsed to. */
export interface ClientValues {
  readonly header?: readonly string[];
  readonly subprotocol?: readonly string[];
  readonly origin?: string;
  readonly auth?: string;
  readonly compression?: boolean;
  readonly http2?: boolean;
  readonly proxy?: string;
  readonly redirects?: number;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly insecure?: boolean;
  readonly timeout?: number;
  readonly maxMessageSize?: number;
}

/** Adds the options that `connect` and `bench` share. */
export function addClientOptions(command: Command): Command {
  return command
    .option("-H, --header <name: value>", "add a header to the opening handshake", collect)
    .option("-s, --subprotocol <name>", "offer a subprotocol; may be repeated", collect)
    .option("--origin <origin>", "send an Origin header")
    .option("--auth <user:password>", "sign in with HTTP basic authentication")
    .option("-z, --compression", "offer permessage-deflate (RFC 7692)")
    .option("--http2", "connect over HTTP/2 if the server can (RFC 8441)")
    .option("--proxy <url>", 'connect through a proxy (http, https, socks5), or "env"')
    .option("-L, --redirects <count>", "follow so many redirects (default 0)", integer(0, 100))
    .option("--ca <file>", "trust the authorities of a PEM file")
    .option("--cert <file>", "show the server a certificate, a PEM file; needs --key")
    .option("--key <file>", "the private key of --cert, a PEM file")
    .option("--servername <name>", "the name to ask for, and to verify the certificate against")
    .option("-k, --insecure", "dangerous: accept any certificate")
    .option("--timeout <time>", "limit of the opening handshake (default 10s)", parseDuration)
    .option("--max-message-size <bytes>", "longest message to receive (default 16m)", parseSize);
}

/**
 * Makes options for `connect` of what was given on the command line.
 *
 * @throws CliError if a header is malformed or a file cannot be read.
 */
export async function clientOptions(values: ClientValues): Promise<ConnectOptions> {
  const options: ConnectOptions = {
    headers: headersOf(values),
    tls: await tlsOf(values),
    proxy: values.proxy ?? false,
    redirects: values.redirects ?? 0,
    compression: values.compression ?? false,
    http2: values.http2 ?? false,
  };
  if (values.subprotocol !== undefined) options.subprotocols = values.subprotocol;
  if (values.timeout !== undefined) options.handshakeTimeout = values.timeout;
  if (values.maxMessageSize !== undefined) options.maxMessageSize = values.maxMessageSize;
  return options;
}

function headersOf({ header = [], origin, auth }: ClientValues): [string, string][] {
  const headers = header.map((line): [string, string] => {
    const colon = line.indexOf(":");
    if (colon < 1) {
      const shown = JSON.stringify(line.slice(0, 40));
      throw new CliError("WS_ERR_CLI_USAGE", `--header must be "name: value", got ${shown}`);
    }
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  if (origin !== undefined) headers.push(["Origin", origin]);
  if (auth !== undefined) {
    headers.push(["Authorization", `Basic ${Buffer.from(auth).toString("base64")}`]);
  }
  return headers;
}

async function tlsOf(values: ClientValues): Promise<NonNullable<ConnectOptions["tls"]>> {
  const { ca, cert, key, servername, insecure } = values;
  return {
    ...(ca === undefined ? {} : { ca: await readText(ca) }),
    ...(cert === undefined ? {} : { cert: await readText(cert) }),
    ...(key === undefined ? {} : { key: await readText(key) }),
    ...(servername === undefined ? {} : { serverName: servername }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}

/** Reads a text file. Throws a CliError that names it. */
export async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(file));
}

/** Reads a file. Throws a CliError that names it. */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError("WS_ERR_CLI_FILE", `cannot read ${file}: ${code ?? error}`, error);
  }
}

/** The URL that was meant: `localhost:8080` is `ws://localhost:8080`, and `http:` means `ws:`. */
export function webSocketUrl(text: string): string {
  if (/^wss?(\+unix)?:/i.test(text)) return text;
  if (/^https?:\/\//i.test(text)) return text.replace(/^http/i, "ws");
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ws://${text}`;
}
