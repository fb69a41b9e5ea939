import { HandshakeError } from "../errors.ts";
import { checkUpgradeResponse, type UpgradeRequest, type UpgradeResult } from "./client.ts";
import { HttpBodyReader } from "./http-body.ts";
import { HttpHeadReader } from "./http-head.ts";

/**
 * Reads a server's response to an opening handshake from bytes in pieces of any size (RFC 6455
 * section 4.1). If its status is not 101, it also reads up to 64 KiB of its body for the error.
 *
 * @example
 * const after = reader.push(chunk);
 * if (after < 0) return; // more bytes are needed
 * if (reader.error) return fail(reader.error);
 * open(reader.agreement, chunk.subarray(after));
 */
export class UpgradeResponseReader {
  /** The fault of the response, if any. */
  error: HandshakeError | undefined = undefined;
  /** The agreed subprotocol and extensions, once the response was accepted. */
  agreement: UpgradeResult | undefined = undefined;

  /** The error for a status other than 101, without a body, while that is read. */
  refusal: HandshakeError | undefined = undefined;

  private readonly request: UpgradeRequest;
  private readonly head = new HttpHeadReader();
  private body: HttpBodyReader | undefined = undefined;

  /** @param request - The request that was sent. Retained, not modified. */
  constructor(request: UpgradeRequest) {
    this.request = request;
  }

  /** Whether the head of a response other than 101 was received and its body is incomplete. */
  get isReadingBody(): boolean {
    return this.refusal !== undefined;
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified.
   * @returns Index in `bytes` after the response once `error` or `agreement` is set, or -1 if more
   *   bytes are needed.
   */
  push(bytes: Uint8Array): number {
    let after = 0;
    if (this.body === undefined) {
      after = this.head.push(bytes);
      if (after < 0) return -1;
      const result = this.judgeHead();
      if (!(result instanceof HandshakeError)) {
        this.agreement = result;
        return after;
      }
      if (result.headers === undefined) {
        this.error = result;
        return after;
      }
      this.refusal = result;
      this.body = new HttpBodyReader(result.status, result.headers);
    }
    if (!this.body.push(bytes, after)) return -1;
    this.end();
    return bytes.length;
  }

  /**
   * Ends the response: the transport has ended.
   *
   * @returns The fault of the response, with the part of its body that was received; undefined if
   *   its head was not received.
   */
  end(): HandshakeError | undefined {
    const { refusal, body } = this;
    if (refusal === undefined || body === undefined) return this.error;
    const { code, status, message, headers } = refusal;
    this.refusal = undefined;
    this.error = new HandshakeError(code, status, message, { headers, body: body.take() });
    return this.error;
  }

  private judgeHead(): UpgradeResult | HandshakeError {
    const { error, head } = this.head;
    if (head !== undefined) return checkUpgradeResponse(head, this.request);
    const { code, message } = error as HandshakeError;
    return new HandshakeError(code, 0, `the server's response: ${message}`);
  }
}
