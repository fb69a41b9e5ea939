import type { Extension } from "../handshake/extension-list.ts";
import { deflatorMemory, inflatorMemory, maxWindowBits } from "./compressor-pool.ts";
import { negotiateDeflate, offerDeflate, readDeflateResponse } from "./deflate-negotiation.ts";
import { type DeflateSettings, PerMessageDeflate } from "./permessage-deflate.ts";

/**
 * Reserves the memory for the windows of both directions: once it has been agreed to keep them, it must
 * be there for as long as the connection is. What the one compressor of all connections without windows
 * takes is left over, so that these are not what goes without.
 *
 * @returns How much, in bytes; 0 when none is wanted or left: then no window must be kept.
 */
function reserveWindows(settings: DeflateSettings): number {
  const { pool, contextTakeover, maxMemory, windowBits, memLevel } = settings;
  const deflator = deflatorMemory(windowBits, memLevel);
  const memory = inflatorMemory(maxWindowBits) + deflator;
  return contextTakeover && pool.reserve(memory, maxMemory - deflator) ? memory : 0;
}

/**
 * A server's part in the negotiation of `permessage-deflate`; see `acceptDeflate`. When the memory
 * for more windows is used up, none are kept.
 *
 * @param offers - What the client's header lists.
 * @returns The answer, and the compression of the connection; or undefined: none.
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

/** A client's part in the negotiation of `permessage-deflate`: an offer that is answered once, or withdrawn. */
export class DeflateOffer {
  readonly extension: Extension;
  /** After `accept` returned undefined: why, for people. */
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
   * Reads the server's answer; see `readDeflateResponse`. Unless the settings are strict, a window that the server keeps
   * although it was asked not to is kept here as well, when there is memory for it.
   *
   * @returns The compression of the connection; undefined when the handshake must fail.
   */
  accept(response: Extension): PerMessageDeflate | undefined {
    const { settings } = this;
    const agreement = readDeflateResponse(response, this.extension, settings.strict === true);
    if (agreement === undefined) {
      this.refusal = "the server's permessage-deflate is not as it was offered";
      return undefined;
    }
    if (this.reserved === 0 && agreement.receiveContextTakeover) {
      const window = inflatorMemory(agreement.receiveWindowBits);
      if (!settings.pool.reserve(window, settings.maxMemory)) {
        this.refusal = `the server keeps a window that it was asked not to keep, and of compression.maxMemory, ${settings.maxMemory} bytes, too little is left for it`;
        return undefined;
      }
      this.reserved = window;
    }
    const deflate = new PerMessageDeflate(this.settings, agreement, this.reserved);
    this.reserved = 0;
    return deflate;
  }

  /** Gives back what was reserved: no connection came of it, or one without compression. */
  withdraw(): void {
    this.settings.pool.release(this.reserved);
    this.reserved = 0;
  }
}
