import { rangeError } from "../errors.ts";
import type { Extension } from "../handshake/extension-list.ts";
import { maxWindowBits, minWindowBits } from "./compressor.ts";

/** The permessage-deflate parameters that an endpoint prefers (RFC 7692 section 7.1). */
export interface DeflatePreferences {
  /** Whether both directions may keep their window between messages. */
  contextTakeover: boolean;
  /** Largest LZ77 window of either direction, 9 to 15: base-2 logarithm of bytes. */
  windowBits: number;
}

/** The agreed parameters from the endpoint's own view. They are limits: it may use less. */
export interface DeflateParameters {
  /** Whether this endpoint may compress a message with the window of the previous one. */
  readonly sendContextTakeover: boolean;
  /**
   * Largest window that this endpoint may compress with, 8 to 15: base-2 logarithm of bytes. 8
   * occurs on a client only. It then sends all messages uncompressed, which is always allowed (RFC
   * 7692 section 6), because zlib's smallest window is 9.
   */
  readonly sendWindowBits: number;
  /** Whether the peer may compress a message with the window of the previous one. */
  readonly receiveContextTakeover: boolean;
  /** Largest window that the peer compresses with, 8 to 15: base-2 logarithm of bytes. */
  readonly receiveWindowBits: number;
}

// Names are compared case-sensitively. They are registered tokens (RFC 6455 sections 9.1 and 11.4),
// and the RFC says so wherever a comparison ignores case.
const extensionName = "permessage-deflate";
const serverNoContextTakeover = "server_no_context_takeover";
const clientNoContextTakeover = "client_no_context_takeover";
const serverMaxWindowBits = "server_max_window_bits";
const clientMaxWindowBits = "client_max_window_bits";

/** 8 to 15 without leading zeros (RFC 7692 sections 7.1.2.1 and 7.1.2.2). */
const windowBitsPattern = /^(?:[89]|1[0-5])$/;

type Parameter = Extension["parameters"][number];

/**
 * Makes a client's offer (RFC 7692 section 7.1). It has as few parameters as possible, because a
 * server must decline an offer with a parameter that it does not support.
 *
 * @throws RangeError if `windowBits` is not an integer of 9 to 15.
 *
 * @example
 * formatExtensionList([offerDeflate({ contextTakeover: true, windowBits: 12 })]);
 * // "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12"
 */
export function offerDeflate(wishes: DeflatePreferences): Extension {
  checkWindowBits(wishes.windowBits);
  const limit = wishes.windowBits < maxWindowBits ? String(wishes.windowBits) : undefined;
  const parameters: Parameter[] = [[clientMaxWindowBits, limit]];
  if (limit !== undefined) parameters.push([serverMaxWindowBits, limit]);
  if (!wishes.contextTakeover) {
    parameters.push([serverNoContextTakeover, undefined], [clientNoContextTakeover, undefined]);
  }
  return { name: extensionName, parameters };
}

/**
 * Makes a server's response to the first offer that it can accept, in the client's order of
 * preference (RFC 7692 sections 5 and 7.1).
 *
 * It declines an offer with an unknown, repeated or invalid parameter (section 7), and one with
 * `server_max_window_bits=8`, with which zlib cannot compress. The response contains only offered
 * parameters, with one exception: without `contextTakeover` it always contains
 * `client_no_context_takeover`, which section 7.1.1.2 allows, so that the server keeps no window.
 *
 * @param offers - The extensions that the client's header lists. Those of other names are ignored.
 * @returns The response and the agreed parameters, or undefined for no compression.
 * @throws RangeError if `windowBits` is not an integer of 9 to 15.
 *
 * @example
 * const offers = parseExtensionList(["permessage-deflate; client_max_window_bits"]) ?? [];
 * const accepted = negotiateDeflate(offers, { contextTakeover: true, windowBits: 12 });
 * // accepted.response is `permessage-deflate; client_max_window_bits=12`
 */
export function negotiateDeflate(
  offers: readonly Extension[],
  wishes: DeflatePreferences,
): { response: Extension; agreement: DeflateParameters } | undefined {
  checkWindowBits(wishes.windowBits);
  for (const offer of offers) {
    const offered = readParameters(offer, true);
    const serverLimit = offered?.get(serverMaxWindowBits) ?? maxWindowBits;
    if (offered !== undefined && serverLimit >= minWindowBits) return acceptOffer(offered, wishes);
  }
  return undefined;
}

function acceptOffer(offered: ReadonlyMap<string, number>, wishes: DeflatePreferences) {
  const parameters: Parameter[] = [];
  // The server accepts the two parameters for its own sending by repeating them (RFC 7692 sections
  // 7.1.1.1 and 7.1.2.1).
  const isTakeoverRefused = offered.has(serverNoContextTakeover);
  if (isTakeoverRefused) parameters.push([serverNoContextTakeover, undefined]);
  const serverLimit = offered.get(serverMaxWindowBits);
  const sendWindowBits = Math.min(serverLimit ?? maxWindowBits, wishes.windowBits);
  if (serverLimit !== undefined) parameters.push([serverMaxWindowBits, String(sendWindowBits)]);

  // The client's parameters for its own sending are hints, which bind it only if the response
  // contains them (RFC 7692 sections 5 and 7.2.2).
  const receiveContextTakeover = wishes.contextTakeover && !offered.has(clientNoContextTakeover);
  if (!receiveContextTakeover) parameters.push([clientNoContextTakeover, undefined]);
  // The response must not contain a parameter that was not offered (RFC 7692 section 7.1.2.2).
  const clientLimit = offered.get(clientMaxWindowBits);
  const receiveWindowBits =
    clientLimit === undefined ? maxWindowBits : Math.min(clientLimit, wishes.windowBits);
  if (receiveWindowBits < maxWindowBits) {
    parameters.push([clientMaxWindowBits, String(receiveWindowBits)]);
  }
  const sendContextTakeover = wishes.contextTakeover && !isTakeoverRefused;
  return {
    response: { name: extensionName, parameters },
    agreement: { sendContextTakeover, sendWindowBits, receiveContextTakeover, receiveWindowBits },
  };
}

/**
 * Reads a server's response to a client's offer (RFC 7692 section 7.1). Even if the offer does not
 * ask for it, a server may limit its own sending (sections 7.1.1.1 and 7.1.2.1) and forbid the
 * client context takeover (section 7.1.1.2).
 *
 * A server that accepts an offer must respect its parameters for the server's sending. Several
 * known servers do not: they omit `server_no_context_takeover` or `server_max_window_bits`. That
 * only costs the client memory for a window, so a response without them can be accepted as it is.
 *
 * @param response - The extension that the server's header lists.
 * @param offer - The client's offer, as `offerDeflate` made it.
 * @param isStrict - Whether the response must respect the whole offer. Default true.
 * @returns The agreed parameters, or undefined if the response is invalid or does not match the
 *   offer, so that the handshake must fail (section 7).
 *
 * @example
 * const offer = offerDeflate({ contextTakeover: true, windowBits: 15 });
 * const [response] = parseExtensionList(["permessage-deflate; client_max_window_bits=10"]) ?? [];
 * readDeflateResponse(response, offer);
 * // { sendContextTakeover: true, sendWindowBits: 10,
 * //   receiveContextTakeover: true, receiveWindowBits: 15 }
 */
export function readDeflateResponse(
  response: Extension,
  offer: Extension,
  isStrict = true,
): DeflateParameters | undefined {
  const offered = readParameters(offer, true);
  const answered = readParameters(response, false);
  if (offered === undefined || answered === undefined) return undefined;
  const receiveWindowBits = answered.get(serverMaxWindowBits) ?? maxWindowBits;
  if (isStrict) {
    if (offered.has(serverNoContextTakeover) && !answered.has(serverNoContextTakeover)) {
      return undefined;
    }
    if (receiveWindowBits > (offered.get(serverMaxWindowBits) ?? maxWindowBits)) return undefined;
    if (offered.has(serverMaxWindowBits) && !answered.has(serverMaxWindowBits)) return undefined;
  }
  // Without `client_max_window_bits` in the offer, no value is allowed (RFC 7692 section 7.1.2.2).
  const clientOffer = offered.get(clientMaxWindowBits);
  const clientLimit = answered.get(clientMaxWindowBits);
  if (clientLimit !== undefined && clientLimit > (clientOffer ?? 0)) return undefined;
  return {
    // The client respects both of its hints even if the response omits them (sections 7.1.1.2 and
    // 7.1.2.2).
    sendContextTakeover:
      !offered.has(clientNoContextTakeover) && !answered.has(clientNoContextTakeover),
    sendWindowBits: clientLimit ?? clientOffer ?? maxWindowBits,
    receiveContextTakeover: !answered.has(serverNoContextTakeover),
    receiveWindowBits,
  };
}

/**
 * Reads parameters by name, each with its window bits or 0. Returns undefined if one is invalid.
 */
function readParameters(
  { name, parameters }: Extension,
  isOffer: boolean,
): Map<string, number> | undefined {
  if (name !== extensionName) return undefined;
  const read = new Map<string, number>();
  for (const [parameter, value] of parameters) {
    const bits = readValue(parameter, value, isOffer);
    if (bits === undefined || read.has(parameter)) return undefined;
    read.set(parameter, bits);
  }
  return read;
}

function readValue(name: string, value: string | undefined, isOffer: boolean): number | undefined {
  if (name === serverNoContextTakeover || name === clientNoContextTakeover) {
    return value === undefined ? 0 : undefined;
  }
  if (name !== serverMaxWindowBits && name !== clientMaxWindowBits) return undefined;
  if (value !== undefined) return windowBitsPattern.test(value) ? Number(value) : undefined;
  // Only this offered parameter may have no value: it hints at no limit (RFC 7692 section 7.1.2.2).
  return isOffer && name === clientMaxWindowBits ? maxWindowBits : undefined;
}

function checkWindowBits(bits: number): void {
  if (Number.isInteger(bits) && bits >= minWindowBits && bits <= maxWindowBits) return;
  throw rangeError("WS_ERR_INVALID_OPTION", `windowBits must be 9 to 15, got ${bits}`);
}
