import type { DecoderOptions } from "../frame/decoder.ts";
import type { MessageOptions } from "../message/message-options.ts";

/** What sending needs of a connection's options. */
export interface SenderOptions extends Pick<DecoderOptions, "role">, Pick<MessageOptions, "text"> {
  /**
   * Draws a masking key (RFC 6455 section 5.3): any 32-bit integer that neither the peer nor an
   * intermediary can predict. Called once for each frame of a client, never for a server. Default:
   * one of `crypto.getRandomValues`. The transports draw many at once, which is faster.
   */
  drawMaskingKey?(): number;
}

const globals = globalThis as unknown as {
  crypto: { getRandomValues(array: Int32Array): Int32Array };
};

/** Draws the masking key of a frame; undefined on a server, which must not mask. */
export function drawKey(options: SenderOptions): number | undefined {
  if (options.role !== "client") return undefined;
  return options.drawMaskingKey === undefined ? randomKey() : options.drawMaskingKey();
}

function randomKey(): number {
  return globals.crypto.getRandomValues(new Int32Array(1))[0];
}
