import type { HandshakeError } from "../errors.ts";
import { standardHttpCoding } from "./http-coding.ts";
import { HttpHeadReader } from "./http-head.ts";
import { type HttpRequest, parseRequest } from "./http-request.ts";
import { checkUpgradeRequest } from "./server.ts";

/**
 * Reads a client's opening handshake from bytes in pieces of any size, and checks it (RFC 6455
 * section 4.2.1).
 *
 * @example
 * const after = reader.push(chunk);
 * if (after < 0) return; // more bytes are needed
 * const { request, error } = reader;
 * if (error !== undefined) return end(encodeHandshakeFault(error, request?.method));
 * if (request === undefined) return; // cannot be: there is a request or an error
 * const subprotocol = chooseSubprotocol(request, ["chat"]);
 * write(encodeUpgradeResponse(request, subprotocol));
 * open(chunk.subarray(after));
 */
export class UpgradeRequestReader {
  /** The request, once it was received. Undefined if it is not valid HTTP/1.1: see `error`. */
  request: HttpRequest | undefined = undefined;
  /** The fault. If `request` is set as well, it is a valid request but no valid handshake. */
  error: HandshakeError | undefined = undefined;

  private readonly head: HttpHeadReader;

  /** @param coding - Decodes the request. */
  constructor(coding = standardHttpCoding) {
    this.head = new HttpHeadReader(coding);
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified. Copied while the request is incomplete.
   * @returns Index in `bytes` after the request once `error` or `request` is set, or -1 if more
   *   bytes are needed.
   */
  push(bytes: Uint8Array): number {
    const after = this.head.push(bytes);
    const { head, error } = this.head;
    if (head === undefined) {
      this.error = error;
      return after;
    }
    const request = parseRequest(head);
    if (request instanceof Error) {
      this.error = request;
    } else {
      this.request = request;
      this.error = checkUpgradeRequest(request);
    }
    return after;
  }
}
