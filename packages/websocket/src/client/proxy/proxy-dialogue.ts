import { HandshakeError, type HandshakeErrorCode } from "@framewright/codec";

/**
 * What is said to a proxy until it has connected to the server. It performs no I/O: the caller sends
 * `output`, after the constructor and after each `push`.
 */
export interface ProxyDialogue {
  /** Bytes to send, which the caller takes. */
  output: Uint8Array | undefined;
  /** The fault of the proxy's answer, or its refusal. */
  readonly error: HandshakeError | undefined;
  /** Whether the proxy has refused and the body of its answer is incomplete. */
  readonly isReadingBody: boolean;
  /**
   * Takes the next bytes from the proxy.
   *
   * @param bytes - Borrowed, not modified.
   * @returns Index in `bytes` after the answer once the proxy has connected or `error` is set, or -1
   *   if more bytes are needed.
   */
  push(bytes: Uint8Array): number;
  /** Returns the error for a connection that ends before the dialogue. */
  end(): HandshakeError;
}

/** Creates the error of an answer that is not one of the proxy's protocol. */
export function invalidAnswer(message: string): HandshakeError {
  return proxyError("WS_ERR_PROXY_INVALID_RESPONSE", `the proxy's answer: ${message}`);
}

/** Creates an error of a proxy without an HTTP status. */
export function proxyError(
  code: HandshakeErrorCode,
  message: string,
  cause?: unknown,
): HandshakeError {
  return new HandshakeError(code, 0, message, { cause, step: "proxy" });
}

/** Creates the error of a connection that ended before the answer was complete. */
export function incompleteAnswer(): HandshakeError {
  const message = "the proxy closed the connection before its answer was complete";
  return proxyError("WS_ERR_PROXY_INCOMPLETE", message);
}
