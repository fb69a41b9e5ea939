import { rangeError } from "../errors.ts";
import type { Extension } from "../handshake/extension-list.ts";

/** What an endpoint wants of `permessage-deflate` (RFC 7692 section 7.1). */
export interface DeflatePreferences {
  /** Whether windows are kept from message to message. */
  contextTakeover: boolean;
  /** Largest LZ77 window of either direction, 9 to 15: base-2 logarithm of bytes. */
  windowBits: number;
}

/** What both sides have agreed on, seen from the endpoint itself: limits, not what has to be used. */
export interface DeflateParameters {
  /** Whether this endpoint may compress a message with the window of the last one. */
  readonly sendContextTakeover: boolean;
  /**
   * Largest window that this endpoint may compress with, 8 to 15: base-2 logarithm of bytes. With
   * 8, on a client only, nothing may be compressed: zlib's smallest window is 9, and to send
   * messages uncompressed is always allowed (RFC 7692 section 6).
   */
  readonly sendWindowBits: number;
  /** Whether the peer may compress a message with the window of the last one. */
  readonly receiveContextTakeover: boolean;
  /** Largest window that the peer compresses with, 8 to 15: base-2 logarithm of bytes. */
  readonly receiveWindowBits: number;
}

// Names are compared exactly: they are registered tokens (RFC 6455 sections 9.1 and 11.4), and
// where that RFC means a comparison to ignore case, it says so.
const extensionName = "permessage-deflate";
const serverNoContextTakeover = "server_no_context_takeover";
const clientNoContextTakeover = "client_no_context_takeover";
const serverMaxWindowBits = "server_max_window_bits";
const clientMaxWindowBits = "client_max_window_bits";

/** 8 to 15 without leading zeros (RFC 7692 sections 7.1.2.1 and 7.1.2.2). */
const windowBitsPattern = /^(?:[89]|1[0-5])$/;
/** What holds where nothing is said. */
const maxWindowBits = 15;
/** What zlib can compress with at least, without the header of its own format. */
const minWindowBits = 9;

type Parameter = Extension["parameters"][number];

/**
 * Makes a client's offer (RFC 7692 section 7.1): as few parameters as the wishes need, because a
 * server has to decline an offer with one that it does not support.
 *
 * @throws RangeError when `windowBits` is not an integer of 9 to 15.
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
 * Makes a server's answer to the first offer that it can accept, in the client's order of
 * preference (RFC 7692 sections 5 and 7.1).
 *
 * An offer with an unknown, repeated or invalid parameter is declined (section 7), and so is one
 * of `server_max_window_bits=8`, with which zlib cannot compress. Only parameters that have been
 * offered are answered, with one exception: without `contextTakeover` the client is always told not
 * to take over either (section 7.1.1.2 allows that), so that no window is kept for it.
 *
 * @param offers - What the client's header lists; extensions of other names are passed over.
 * @returns The answer and what it makes agreed; or undefined: no compression.
 * @throws RangeError when `windowBits` is not an integer of 9 to 15.
 *
 * @example
 * const offers = parseExtensionList(["permessage-deflate; client_max_window_bits"]) ?? [];
 * const accepted = acceptDeflate(offers, { contextTakeover: true, windowBits: 12 });
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
  // Both requests about what the server sends are accepted by repeating them (RFC 7692 sections
  // 7.1.1.1 and 7.1.2.1).
  const isTakeoverRefused = offered.has(serverNoContextTakeover);
  if (isTakeoverRefused) parameters.push([serverNoContextTakeover, undefined]);
  const serverLimit = offered.get(serverMaxWindowBits);
  const sendWindowBits = Math.min(serverLimit ?? maxWindowBits, wishes.windowBits);
  if (serverLimit !== undefined) parameters.push([serverMaxWindowBits, String(sendWindowBits)]);

  // What the client says of its own sending is a hint, which binds it only when it is answered
  // (RFC 7692 sections 5 and 7.2.2).
  const receiveContextTakeover = wishes.contextTakeover && !offered.has(clientNoContextTakeover);
  if (!receiveContextTakeover) parameters.push([clientNoContextTakeover, undefined]);
  // A client that does not offer it must not be answered it (RFC 7692 section 7.1.2.2).
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
 * Reads a server's answer to a client's offer (RFC 7692 section 7.1). Unasked, a server may limit
 * what it sends (sections 7.1.1.1 and 7.1.2.1) and forbid the client to take over (7.1.1.2).
 *
 * A server that accepts an offer must keep to what the offer asks of its own sending. Several known ones do not:
 * they leave `server_no_context_takeover` or `server_max_window_bits` out. That costs the client memory for a window
 * and nothing else, so that it may take such an answer for what it says.
 *
 * @param response - The extension that the server's header lists.
 * @param offer - What the client has offered, as `offerDeflate` made it.
 * @param isStrict - Whether the answer must keep to all of the offer.
 * @returns What is agreed; or undefined: the answer is none to this offer, or not valid at all, so
 * the handshake must fail (section 7).
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
  // Without an offer any value is too much (RFC 7692 section 7.1.2.2).
  const clientOffer = offered.get(clientMaxWindowBits);
  const clientLimit = answered.get(clientMaxWindowBits);
  if (clientLimit !== undefined && clientLimit > (clientOffer ?? 0)) return undefined;
  return {
    // Both hints are kept to even when they are not answered (sections 7.1.1.2 and 7.1.2.2).
    sendContextTakeover:
      !offered.has(clientNoContextTakeover) && !answered.has(clientNoContextTakeover),
    sendWindowBits: clientLimit ?? clientOffer ?? maxWindowBits,
    receiveContextTakeover: !answered.has(serverNoContextTakeover),
    receiveWindowBits,
  };
}

/** Reads parameters by name, each with its window bits or 0; undefined when one is not valid. */
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
  // Only there it may stand without a value: it hints at no limit (RFC 7692 section 7.1.2.2).
  return isOffer && name === clientMaxWindowBits ? maxWindowBits : undefined;
}

function checkWindowBits(bits: number): void {
  if (Number.isInteger(bits) && bits >= minWindowBits && bits <= maxWindowBits) return;
  throw rangeError("WS_ERR_INVALID_OPTION", `windowBits must be 9 to 15, got ${bits}`);
}
