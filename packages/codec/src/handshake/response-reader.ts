import { HandshakeError } from "../errors.ts";
import { checkUpgradeResponse, type UpgradeRequest, type UpgradeResult } from "./client.ts";
import { HttpBodyReader } from "./http-body.ts";
import { HttpHeadReader } from "./http-head.ts";

/**
 * Reads a server's answer to an opening handshake from bytes that come in any pieces (RFC 6455
 * section 4.1). Of an answer other than 101 it reads the body too, up to 64 KiB, for the error.
 *
 * @example
 * const after = reader.push(chunk);
 * if (after < 0) return; // more bytes are needed
 * if (reader.error) return fail(reader.error);
 * open(reader.agreement, chunk.subarray(after));
 */
export class UpgradeResponseReader {
  /** What is wrong with the answer. */
  error: HandshakeError | undefined = undefined;
  /** What both sides agreed on. */
  agreement: UpgradeResult | undefined = undefined;

  private readonly request: UpgradeRequest;
  private readonly head = new HttpHeadReader();
  /** An answer other than 101, while its body is being read. */
  private refusal: HandshakeError | undefined = undefined;
  private body: HttpBodyReader | undefined = undefined;

  /** @param request - What was sent. Retained, not modified. */
  constructor(request: UpgradeRequest) {
    this.request = request;
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified.
   * @returns Index in `bytes` after the answer once `error` or `agreement` is set, or -1 if more bytes are needed.
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
      this.body = new HttpBodyReader(result.httpStatus, result.headers);
    }
    if (!this.body.push(bytes, after)) return -1;
    this.end();
    return bytes.length;
  }

  /**
   * Says that no more bytes will come.
   *
   * @returns What is wrong with the answer: of a refusal with as much of its body as has come; undefined when
   *   nothing is, because its head has not come.
   */
  end(): HandshakeError | undefined {
    const { refusal, body } = this;
    if (refusal === undefined || body === undefined) return this.error;
    const { code, httpStatus, message, headers } = refusal;
    this.refusal = undefined;
    this.error = new HandshakeError(code, httpStatus, message, { headers, body: body.take() });
    return this.error;
  }

  private judgeHead(): UpgradeResult | HandshakeError {
    const { error, head } = this.head;
    if (head !== undefined) return checkUpgradeResponse(head, this.request);
    const { code, message } = error as HandshakeError;
    return new HandshakeError(code, 0, `the server's answer: ${message}`);
  }
}
