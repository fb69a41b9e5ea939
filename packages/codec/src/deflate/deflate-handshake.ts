import type { Extension } from "../handshake/extension-list.ts";
import { maxWindowBits } from "./compressor.ts";
import { deflatorMemory, inflatorMemory } from "./compressor-pool.ts";
import { negotiateDeflate, offerDeflate, readDeflateResponse } from "./deflate-negotiation.ts";
import type { DeflateSettings } from "./deflate-settings.ts";
import { PerMessageDeflate } from "./permessage-deflate.ts";

/**
 * Reserves the memory for the windows of both directions. Once the endpoints agree on context
 * takeover, it must be available for the lifetime of the connection. Leaves enough for the one
 * deflator that all connections without windows share, so that those can still compress.
 *
 * @returns How many bytes are reserved; 0 if context takeover is not wanted or its memory is not
 *   available: no window may be kept.
 */
function reserveWindows(settings: DeflateSettings): number {
  const { pool, contextTakeover, maxMemory, windowBits, memLevel } = settings;
  const deflator = deflatorMemory(windowBits, memLevel);
  const memory = inflatorMemory(maxWindowBits) + deflator;
  return contextTakeover && pool.reserve(memory, maxMemory - deflator) ? memory : 0;
}

/**
 * Negotiates permessage-deflate on a server; see `negotiateDeflate`. Once the memory for windows is
 * used up, it agrees on no context takeover.
 *
 * @param offers - The extensions that the client's header lists.
 * @returns The extension for the response and the connection's permessage-deflate, or undefined if
 *   the connection does not use it.
 */
export function acceptDeflateOffer(
  offers: readonly Extension[],
  settings: DeflateSettings,
): { response: Extension; deflate: PerMessageDeflate } | undefined {
  const reserved = reserveWindows(settings);
  const { windowBits } = settings;
  const accepted = negotiateDeflate(offers, { windowBits, contextTakeover: reserved > 0 });
  if (accepted === undefined) {
    settings.pool.release(reserved);
    return undefined;
  }
  const { response, agreement } = accepted;
  return { response, deflate: new PerMessageDeflate(settings, agreement, reserved) };
}

/** Negotiates permessage-deflate on a client: an offer, which is either answered or withdrawn. */
export class DeflateOffer {
  readonly extension: Extension;
  /** After `accept` returned undefined: why, in words. */
  refusal = "";
  private readonly settings: DeflateSettings;
  private reserved: number;

  /** @param settings - Retained, not modified. */
  constructor(settings: DeflateSettings) {
    this.settings = settings;
    this.reserved = reserveWindows(settings);
    const { windowBits } = settings;
    this.extension = offerDeflate({ windowBits, contextTakeover: this.reserved > 0 });
  }

  /**
   * Reads the server's response; see `readDeflateResponse`. Some servers keep a window although the
   * offer asks them not to. Unless the settings are strict, this endpoint then keeps one as well if
   * its memory is available.
   *
   * @returns The connection's permessage-deflate, or undefined if the handshake must fail.
   */
  accept(response: Extension): PerMessageDeflate | undefined {
    const { settings } = this;
    const agreement = readDeflateResponse(response, this.extension, settings.strict === true);
    if (agreement === undefined) {
      this.refusal = "the server's permessage-deflate response does not match the offer";
      return undefined;
    }
    if (this.reserved === 0 && agreement.receiveContextTakeover) {
      const window = inflatorMemory(agreement.receiveWindowBits);
      if (!settings.pool.reserve(window, settings.maxMemory)) {
        this.refusal = `the server keeps a window although the offer forbids it, and compression.maxMemory (${settings.maxMemory} bytes) leaves too little for one`;
        return undefined;
      }
      this.reserved = window;
    }
    const deflate = new PerMessageDeflate(this.settings, agreement, this.reserved);
    this.reserved = 0;
    return deflate;
  }

  /** Releases the reserved memory: there is no connection, or one without compression. */
  withdraw(): void {
    this.settings.pool.release(this.reserved);
    this.reserved = 0;
  }
}
