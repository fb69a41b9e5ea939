import type { Bytes } from "./bytes/bytes.ts";
import type { HttpHeaders } from "./handshake/http-headers.ts";
import { StatusCode } from "./status-code.ts";

/**
 * All faults that fail an open connection; for most, the peer breaks the protocol. Each has a
 * stable code, the status code that the connection fails with (RFC 6455 section 7.1.7), and a
 * message. The code is that of `ws` if it has one for the same fault.
 */
const protocolFaults = {
  WS_ERR_UNEXPECTED_RSV_1: [StatusCode.ProtocolError, "RSV1 is set but no extension defines it"],
  WS_ERR_UNEXPECTED_RSV_2_3: [
    StatusCode.ProtocolError,
    "RSV2 or RSV3 is set but no extension defines it",
  ],
  WS_ERR_INVALID_OPCODE: [
    StatusCode.ProtocolError,
    "the opcode is reserved or does not fit the message in progress",
  ],
  WS_ERR_EXPECTED_FIN: [StatusCode.ProtocolError, "a control frame is fragmented"],
  WS_ERR_EXPECTED_MASK: [StatusCode.ProtocolError, "a client sent a frame that is not masked"],
  WS_ERR_UNEXPECTED_MASK: [StatusCode.ProtocolError, "a server sent a frame that is masked"],
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: [
    StatusCode.ProtocolError,
    "a control frame's payload is longer than 125 bytes or a Close frame's is 1 byte",
  ],
  WS_ERR_INVALID_PAYLOAD_LENGTH: [
    StatusCode.ProtocolError,
    "the payload length is not in its shortest form or has its most significant bit set",
  ],
  WS_ERR_INVALID_CLOSE_CODE: [
    StatusCode.ProtocolError,
    "the Close frame's status code must not be sent",
  ],
  WS_ERR_INVALID_DEFLATE_DATA: [
    StatusCode.InvalidPayloadData,
    "the compressed message is not DEFLATE data",
  ],
  WS_ERR_INVALID_UTF8: [StatusCode.InvalidPayloadData, "text is not valid UTF-8"],
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: [
    StatusCode.MessageTooBig,
    "the message is longer than the maximum message size",
  ],
  WS_ERR_TOO_MANY_BUFFERED_PARTS: [
    StatusCode.PolicyViolation,
    "the message has more fragments than allowed",
  ],
  WS_ERR_RECEIVE_MEMORY: [
    StatusCode.TryAgainLater,
    "the memory for incomplete messages is used up",
  ],
  WS_ERR_DETACHED_BYTES: [
    StatusCode.InternalError,
    "bytes that the connection needed were transferred or resized",
  ],
} as const satisfies Record<string, readonly [statusCode: StatusCode, message: string]>;

/** Stable code of a fault that fails an open connection. Test it instead of using `instanceof`. */
export type ProtocolErrorCode = keyof typeof protocolFaults;

/** A fault that fails an open connection. The codec returns it as a value and never throws it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  /** The status code of the Close frame that fails the connection. */
  readonly statusCode: StatusCode;
  /** The reason of the Close frame: the message without the hint. */
  readonly reason: string;

  /** @param hint - More about the fault, for the message only. The peer does not see it. */
  constructor(code: ProtocolErrorCode, hint = "") {
    const [statusCode, reason] = protocolFaults[code];
    super(hint === "" ? reason : `${reason}; ${hint}`);
    this.code = code;
    this.statusCode = statusCode;
    this.reason = reason;
  }
}

/** Stable code of a fault in the opening handshake. */
export type HandshakeErrorCode =
  | "WS_ERR_INVALID_HTTP"
  | "WS_ERR_HTTP_HEAD_TOO_LARGE"
  | "WS_ERR_INVALID_METHOD"
  | "WS_ERR_INVALID_UPGRADE"
  | "WS_ERR_INVALID_KEY"
  | "WS_ERR_INVALID_VERSION"
  | "WS_ERR_INVALID_ACCEPT"
  | "WS_ERR_INVALID_SUBPROTOCOL"
  | "WS_ERR_INVALID_EXTENSION"
  | "WS_ERR_UNEXPECTED_RESPONSE"
  | "WS_ERR_TOO_MANY_REDIRECTS"
  | "WS_ERR_INVALID_REDIRECT"
  | "WS_ERR_CONNECT_FAILED"
  | "WS_ERR_PROXY_ENVIRONMENT"
  | "WS_ERR_PROXY_CONNECT_FAILED"
  | "WS_ERR_PROXY_AUTHENTICATION"
  | "WS_ERR_PROXY_REFUSED"
  | "WS_ERR_PROXY_INVALID_RESPONSE"
  | "WS_ERR_PROXY_INCOMPLETE"
  | "WS_ERR_HANDSHAKE_TIMEOUT"
  | "WS_ERR_HANDSHAKE_INCOMPLETE"
  | "WS_ERR_ORIGIN_NOT_ALLOWED"
  | "WS_ERR_TOO_MANY_CONNECTIONS"
  | "WS_ERR_TOO_MANY_HANDSHAKES"
  | "WS_ERR_CLIENT_CONNECTIONS"
  | "WS_ERR_CLIENT_HANDSHAKES"
  | "WS_ERR_NO_ROUTE"
  | "WS_ERR_REFUSED"
  | "WS_ERR_HANDLER_FAILED";

/**
 * A step of a client's opening handshake, in this order: waiting for earlier connections to the same
 * host, resolving the host name, TCP, TLS, and the server's response. Where the runtime does not
 * tell when the name is resolved, "connect" includes "lookup". With a proxy, "proxy" takes the place
 * of both: until the proxy has connected to the server.
 */
export type HandshakeStep = "queue" | "lookup" | "connect" | "proxy" | "tls" | "response";

const globals = globalThis as unknown as {
  TextDecoder: new () => { decode(bytes: Uint8Array): string };
};

/** Optional details of a `HandshakeError`. */
export interface HandshakeErrorDetails {
  readonly cause?: unknown;
  readonly step?: HandshakeStep | undefined;
  readonly url?: string | undefined;
  readonly headers?: HttpHeaders | undefined;
  readonly body?: Bytes | undefined;
  readonly retryAfter?: number | undefined;
}

/**
 * A fault in the opening handshake (RFC 6455 section 4).
 *
 * On a server, `httpStatus` is the HTTP status of the response that refuses the request. On a
 * client, it is the status of the response of the server or the proxy, or 0 without one.
 *
 * @example
 * if (error.code === "WS_ERR_UNEXPECTED_RESPONSE" && error.httpStatus === 503) {
 *   retryAfter(error.headers?.get("retry-after"));
 *   console.error(error.url, error.bodyText);
 * }
 */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly code: HandshakeErrorCode;
  readonly httpStatus: number;
  /** On a client: the step that failed. Undefined on a server. */
  readonly step: HandshakeStep | undefined;
  /**
   * On a client: the URL that was connected to, the last one if the server redirected, without user
   * information, because errors are logged. Undefined on a server.
   */
  readonly url: string | undefined;
  /** On a client, if the server or the proxy refused with a response: its headers. */
  readonly headers: HttpHeaders | undefined;
  /** On a client, if the server or the proxy refused: the first 64 KiB of the response's body. */
  readonly body: Bytes | undefined;
  /**
   * On a server: after how many seconds the client may try again, for the `Retry-After` header of
   * the response. Undefined if that is not known.
   */
  readonly retryAfter: number | undefined;

  constructor(
    code: HandshakeErrorCode,
    httpStatus: number,
    message: string,
    details: HandshakeErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.httpStatus = httpStatus;
    this.step = details.step;
    this.url = details.url;
    this.headers = details.headers;
    this.body = details.body;
    this.retryAfter = details.retryAfter;
  }

  /** `body` as text: UTF-8, in which what is invalid or cut off shows as U+FFFD. "" without a body. */
  get bodyText(): string {
    return this.body === undefined ? "" : new globals.TextDecoder().decode(this.body);
  }
}

/** A call that the object's state does not allow, such as a second iterator on one socket. */
export class InvalidStateError extends Error {
  override readonly name = "InvalidStateError";
  readonly code = "WS_ERR_INVALID_STATE";
}

/** Stable code of an error about a value that the caller passed. */
export type CallerErrorCode =
  | "WS_ERR_INVALID_URL"
  | "WS_ERR_INVALID_PROXY"
  | "WS_ERR_INVALID_OPTION"
  | "WS_ERR_INVALID_ARGUMENT"
  | "WS_ERR_TOO_MANY_TOPICS"
  | "WS_ERR_DETACHED_BYTES";

/** Describes a value of any type for the message of an error. Does not throw. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  try {
    return String(value);
  } catch {
    // An object that cannot be converted to a string.
    return typeof value === "object" ? "an object" : `a ${typeof value}`;
  }
}

/** Makes a `TypeError` with a stable code, for a value of the wrong type or form. */
export function typeError(
  code: CallerErrorCode,
  message: string,
): TypeError & { code: CallerErrorCode } {
  return Object.assign(new TypeError(message), { code });
}

/** Makes a `RangeError` with a stable code, for a value out of range. */
export function rangeError(
  code: CallerErrorCode,
  message: string,
): RangeError & { code: CallerErrorCode } {
  return Object.assign(new RangeError(message), { code });
}
