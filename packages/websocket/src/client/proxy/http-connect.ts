import { HandshakeError } from "@framewright/codec";
import { type HttpHead, HttpHeadReader, type WebSocketUrl } from "@framewright/codec/handshake";
import {
  encodeBase64,
  encodeLatin1,
  HttpBodyReader,
  utf8Length,
  writeUtf8,
} from "@framewright/codec/internal";
import { incompleteAnswer, invalidAnswer, type ProxyDialogue } from "./proxy-dialogue.ts";
import type { ProxyUrl } from "./proxy-url.ts";

/**
 * Asks an HTTP proxy for a tunnel (RFC 9110 section 9.3.6), and reads its answer: at most 16 KiB of
 * head and, if it refuses, 64 KiB of body.
 */
export class HttpConnect implements ProxyDialogue {
  output: Uint8Array | undefined;
  error: HandshakeError | undefined = undefined;
  private readonly head = new HttpHeadReader();
  private refusal: HandshakeError | undefined = undefined;
  private body: HttpBodyReader | undefined = undefined;

  /** @param headers - Formatted header lines. Those of the library are not among them. */
  constructor(server: Pick<WebSocketUrl, "hostname" | "port">, proxy: ProxyUrl, headers: string) {
    this.output = encodeConnect(server, proxy, headers);
  }

  get isReadingBody(): boolean {
    return this.refusal !== undefined;
  }

  push(bytes: Uint8Array): number {
    let after = 0;
    if (this.body === undefined) {
      after = this.head.push(bytes);
      if (after < 0) return -1;
      const { head, error } = this.head;
      const fault = head === undefined ? invalidAnswer(error?.message ?? "") : checkAnswer(head);
      if (fault === undefined) return after;
      if (fault.headers === undefined) {
        this.error = fault;
        return after;
      }
      this.refusal = fault;
      this.body = new HttpBodyReader(fault.status, fault.headers);
    }
    if (!this.body.push(bytes, after)) return -1;
    this.end();
    return bytes.length;
  }

  end(): HandshakeError {
    const { refusal, body } = this;
    if (refusal === undefined || body === undefined) return this.error ?? incompleteAnswer();
    const { code, status, message, headers } = refusal;
    this.refusal = undefined;
    this.error = new HandshakeError(code, status, message, { headers, body: body.take() });
    return this.error;
  }
}

function encodeConnect(
  { hostname, port }: Pick<WebSocketUrl, "hostname" | "port">,
  { username, password }: ProxyUrl,
  headers: string,
): Uint8Array {
  const authority = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  let text = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n`;
  const hasCredentials = username !== "" || password !== "";
  if (hasCredentials && !/^proxy-authorization:/im.test(headers)) {
    const credentials = `${username}:${password}`;
    const bytes = new Uint8Array(utf8Length(credentials));
    writeUtf8(credentials, bytes, 0);
    text += `Proxy-Authorization: Basic ${encodeBase64(bytes)}\r\n`;
  }
  return encodeLatin1(`${text}${headers}\r\n`);
}

/** Returns the fault of an answer that opens no tunnel. A refusal has the answer's headers. */
function checkAnswer({ startLine, headers }: HttpHead): HandshakeError | undefined {
  // Many proxies answer in HTTP/1.0.
  const match = /^HTTP\/1\.\d (\d{3})(?: .*)?$/.exec(startLine);
  if (match === null) return invalidAnswer("it is not HTTP/1.1");
  const status = Number(match[1]);
  // Any 2xx status opens the tunnel, without a body whatever the headers say.
  if (status >= 200 && status < 300) return undefined;
  if (status < 200) return invalidAnswer(`HTTP status ${status} does not answer CONNECT`);
  // tinyproxy answers wrong credentials with 401.
  const isDenied = status === 407 || status === 401;
  const message = isDenied
    ? `the proxy does not accept the credentials (HTTP status ${status})`
    : `the proxy answered with HTTP status ${status}`;
  const code = isDenied ? "WS_ERR_PROXY_AUTHENTICATION" : "WS_ERR_PROXY_REFUSED";
  return new HandshakeError(code, status, message, { headers });
}
