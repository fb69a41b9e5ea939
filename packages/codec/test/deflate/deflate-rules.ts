/**
 * The rules of RFC 7692 sections 5 and 7.1 for offers and responses, applied literally to the text
 * of one extension in the header. It shares no code with the source.
 */
import type {
  DeflateParameters,
  DeflatePreferences,
} from "../../src/deflate/deflate-negotiation.ts";
import { type Extension, parseExtensionList } from "../../src/handshake/extension-list.ts";

const bits = ["8", "9", "10", "11", "12", "13", "14", "15"];
const definedInBoth = [
  "server_no_context_takeover",
  "client_no_context_takeover",
  ...bits.map((value) => `server_max_window_bits=${value}`),
  ...bits.map((value) => `client_max_window_bits=${value}`),
];

/** All possible preferences. */
export const everyWish: readonly DeflatePreferences[] = [9, 10, 11, 12, 13, 14, 15].flatMap(
  (windowBits) => [true, false].map((contextTakeover) => ({ contextTakeover, windowBits })),
);

/** `permessage-deflate; a; b=1` for `["a", "b=1"]`. */
export function textOf(parameters: readonly string[]): string {
  return ["permessage-deflate", ...parameters].join("; ");
}

/** Parses a header with one extension. */
export function extensionOf(text: string): Extension {
  const extensions = parseExtensionList([text]) ?? [];
  if (extensions.length !== 1) throw new Error(`not one extension: ${text}`);
  return extensions[0];
}

function partsOf(text: string): string[] {
  return text.split("; ").slice(1);
}

/** The value of a parameter: undefined if it is absent, NaN if it has no value. */
function bitsIn(text: string, name: string): number | undefined {
  const part = partsOf(text).find((each) => each === name || each.startsWith(`${name}=`));
  return part === undefined ? undefined : Number(part.split("=")[1] ?? Number.NaN);
}

function isValid(text: string, defined: readonly string[]): boolean {
  const parts = partsOf(text);
  const names = parts.map((part) => part.split("=")[0]);
  return parts.every((part) => defined.includes(part)) && new Set(names).size === names.length;
}

/** Section 7: no unknown parameter, no invalid value, no repeated name. */
export function isValidOffer(text: string): boolean {
  return isValid(text, [...definedInBoth, "client_max_window_bits"]);
}

/** The sections whose rules a response to a valid offer breaks. */
export function breachesOf(offer: string, response: string): string[] {
  const breaches: string[] = [];
  if (!isValid(response, definedInBoth)) breaches.push("7");
  const isIn = (text: string, name: string) => bitsIn(text, name) !== undefined;
  // "A server accepts an extension negotiation offer that includes the server_no_context_takeover
  // extension parameter by including [it] in the corresponding response"
  const noTakeover = "server_no_context_takeover";
  if (isIn(offer, noTakeover) && !isIn(response, noTakeover)) breaches.push("7.1.1.1");
  // "... by including the server_max_window_bits extension parameter in the response with the same
  // or smaller value as the offer"
  const serverOffer = bitsIn(offer, "server_max_window_bits");
  const server = bitsIn(response, "server_max_window_bits");
  if (serverOffer !== undefined && !(server !== undefined && server <= serverOffer)) {
    breaches.push("7.1.2.1");
  }
  // "If a received offer doesn't have the client_max_window_bits extension parameter, the
  // corresponding response MUST NOT include [it]"; "a value equal to or smaller than the received"
  const clientOffer = bitsIn(offer, "client_max_window_bits");
  const client = bitsIn(response, "client_max_window_bits");
  if (client !== undefined && (clientOffer === undefined || client > clientOffer)) {
    breaches.push("7.1.2.2");
  }
  return breaches;
}

/** The agreement for the client that made the offer. The response must not break a rule. */
export function clientAgreement(offer: string, response: string): DeflateParameters {
  const hint = bitsIn(offer, "client_max_window_bits") || 15;
  return {
    sendContextTakeover: !`${offer}${response}`.includes("client_no_context_takeover"),
    sendWindowBits: Math.min(hint, bitsIn(response, "client_max_window_bits") ?? 15),
    receiveContextTakeover: !response.includes("server_no_context_takeover"),
    receiveWindowBits: bitsIn(response, "server_max_window_bits") ?? 15,
  };
}

/** The parameters of our server's response, or undefined if it declines the offer. */
export function serverAnswer(
  offer: string,
  { contextTakeover, windowBits }: DeflatePreferences,
): string[] | undefined {
  if (!isValidOffer(offer) || offer.includes("server_max_window_bits=8")) return undefined;
  const answer: string[] = [];
  // A window from this size on is not answered. The server's always is, because it was requested.
  const limits: ["server" | "client", number][] = [
    ["server", 16],
    ["client", 15],
  ];
  for (const [side, unsaid] of limits) {
    const takeover = `${side}_no_context_takeover`;
    const isAnswered = offer.includes(takeover) || (side === "client" && !contextTakeover);
    if (isAnswered) answer.push(takeover);
    const offered = bitsIn(offer, `${side}_max_window_bits`);
    const agreed = Math.min(offered || 15, windowBits);
    if (offered !== undefined && agreed < unsaid) answer.push(`${side}_max_window_bits=${agreed}`);
  }
  return answer;
}

/** The agreement for our server. */
export function serverAgreement(answer: readonly string[], wishes: DeflatePreferences) {
  const text = textOf(answer);
  return {
    sendContextTakeover: wishes.contextTakeover && !answer.includes("server_no_context_takeover"),
    sendWindowBits: bitsIn(text, "server_max_window_bits") ?? wishes.windowBits,
    receiveContextTakeover: !answer.includes("client_no_context_takeover"),
    receiveWindowBits: bitsIn(text, "client_max_window_bits") ?? 15,
  };
}
