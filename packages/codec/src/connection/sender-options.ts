import { typeError } from "../errors.ts";
import type { DecoderOptions } from "../frame/decoder.ts";
import type { MessageOptions } from "../message/message-options.ts";

/** What sending needs of a connection's options. */
export interface SenderOptions extends Pick<DecoderOptions, "role">, Pick<MessageOptions, "text"> {
  /**
   * Draws a masking key (RFC 6455 section 5.3): any 32-bit integer that neither the peer nor an
   * intermediary can predict. Required of a client, and called once for each of its frames. Never
   * called for a server.
   */
  drawMaskingKey?(): number;
}

/**
 * Checks that a client can mask its frames. The codec has no source of randomness.
 *
 * @throws TypeError if it cannot.
 */
export function checkSenderOptions({ role, drawMaskingKey }: SenderOptions): void {
  if (role !== "client" || typeof drawMaskingKey === "function") return;
  const message = "a client needs option drawMaskingKey, a function that returns a random integer";
  throw typeError("WS_ERR_INVALID_OPTION", message);
}
