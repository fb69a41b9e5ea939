/**
 * permessage-deflate (RFC 7692): its negotiation, and compression by compressors that the runtime
 * supplies.
 *
 * @module
 */

export type { Compressors, Deflator, Inflator } from "./compressor.ts";
export { CompressorPool, deflatorMemory, inflatorMemory } from "./compressor-pool.ts";
export { acceptDeflateOffer, DeflateOffer } from "./deflate-handshake.ts";
export {
  type DeflateParameters,
  type DeflatePreferences,
  negotiateDeflate,
  offerDeflate,
  readDeflateResponse,
} from "./deflate-negotiation.ts";
export type { DeflateSettings } from "./deflate-settings.ts";
export { InflateResult } from "./inflate-result.ts";
export { PerMessageDeflate } from "./permessage-deflate.ts";
