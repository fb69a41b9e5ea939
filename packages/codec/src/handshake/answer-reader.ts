import { HandshakeError } from "../errors.ts";
import { HttpBodyReader } from "./http-body.ts";
import { HttpHeadReader } from "./http-head.ts";

/**
 * Reads the response to a request for another protocol from bytes in pieces of any size. Either its
 * head is the end of it, or it is a refusal, of which up to 64 KiB of body are read for the error.
 */
export abstract class AnswerReader<Result> {
  /** The fault of the response, if any. */
  error: HandshakeError | undefined = undefined;
  /** What was agreed, once the response was accepted. */
  agreement: Result | undefined = undefined;
  /** The error of a refusal, without a body, while that is read. */
  refusal: HandshakeError | undefined = undefined;

  private readonly head = new HttpHeadReader();
  private body: HttpBodyReader | undefined = undefined;

  /** Returns what was agreed, or the fault. A refusal whose body is to be read has headers. */
  protected abstract judge(head: HttpHeadReader): Result | HandshakeError;

  /** Whether the head of a refusal was received and its body is incomplete. */
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
      const result = this.judge(this.head);
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
}
