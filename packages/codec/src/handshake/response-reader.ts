import { HandshakeError } from "../errors.ts";
import { AnswerReader } from "./answer-reader.ts";
import { checkUpgradeResponse, type UpgradeRequest, type UpgradeResult } from "./client.ts";
import type { HttpHeadReader } from "./http-head.ts";

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
export class UpgradeResponseReader extends AnswerReader<UpgradeResult> {
  private readonly request: UpgradeRequest;

  /** @param request - The request that was sent. Retained, not modified. */
  constructor(request: UpgradeRequest) {
    super();
    this.request = request;
  }

  protected override judge({ error, head }: HttpHeadReader): UpgradeResult | HandshakeError {
    if (head !== undefined) return checkUpgradeResponse(head, this.request);
    const { code, message } = error as HandshakeError;
    return new HandshakeError(code, 0, `the server's response: ${message}`);
  }
}
