import {
  type DeflateParameters,
  offerDeflate,
  readDeflateResponse,
} from "../deflate/deflate-negotiation.ts";
import { HandshakeError } from "../errors.ts";
import { checkAgreement, checkUpgradeResponse, type UpgradeRequest } from "../handshake/client.ts";
import { type Extension, parseExtensionList } from "../handshake/extension-list.ts";
import { parseTokenList } from "../handshake/header-values.ts";
import { type HttpHead, HttpHeadReader } from "../handshake/http-head.ts";
import { parseRequest } from "../handshake/http-request.ts";
import { checkUpgradeRequest } from "../handshake/server.ts";
import type { Fault } from "./fault.ts";

/** An opening handshake that precedes the frames of one direction (RFC 6455 section 4). */
export interface InspectedHandshake {
  readonly kind: "request" | "response";
  /** Its length in bytes: the first frame follows. */
  readonly length: number;
  /** "" if the head is not valid HTTP. */
  readonly startLine: string;
  /** Pairs of name, in lower case, and value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether frames follow: the request is valid, or the response accepts it. */
  readonly isAccepted: boolean;
  /** Of an accepting response: the permessage-deflate parameters from the client's view. */
  readonly deflate: DeflateParameters | undefined;
  readonly faults: readonly Fault[];
}

const request = "GET ";
const response = "HTTP/";

/**
 * Tells whether bytes start an opening handshake. No legal frame starts with these bytes.
 *
 * @param bytes - Borrowed, not modified.
 * @returns undefined if there are too few to tell.
 */
export function handshakeKind(bytes: Uint8Array): "request" | "response" | "none" | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, response.length));
  if (start.startsWith(request)) return "request";
  if (start === response) return "response";
  return request.startsWith(start) || response.startsWith(start) ? undefined : "none";
}

/** Reads the opening handshake of one direction, in pieces of any size. */
export class HandshakeReading {
  /** The handshake, once it was received. */
  handshake: InspectedHandshake | undefined = undefined;
  /** The head of a received request, which its response is checked against. */
  head: HttpHead | undefined = undefined;
  private readonly kind: "request" | "response";
  private readonly reader = new HttpHeadReader();
  private length = 0;

  constructor(kind: "request" | "response") {
    this.kind = kind;
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified.
   * @param request - The head of the request, for a response.
   * @returns Index after the handshake, or -1 if more bytes are needed.
   */
  push(bytes: Uint8Array, request: HttpHead | undefined): number {
    const after = this.reader.push(bytes);
    this.length += after < 0 ? bytes.length : after;
    if (after < 0) return -1;
    const { head, error } = this.reader;
    if (head === undefined) {
      this.handshake = this.describe(undefined, error, undefined);
    } else if (this.kind === "request") {
      this.head = head;
      this.handshake = this.describe(head, requestFault(head), undefined);
    } else {
      const offered = request === undefined ? undefined : requestOf(request);
      const deflate = agreedDeflate(head, offered);
      const fault = responseFault(head, offered);
      this.handshake =
        deflate === "invalid"
          ? this.describe(head, fault ?? invalidDeflate(), undefined)
          : this.describe(head, fault, deflate);
    }
    return after;
  }

  private describe(
    head: HttpHead | undefined,
    error: HandshakeError | undefined,
    deflate: DeflateParameters | undefined,
  ): InspectedHandshake {
    return {
      kind: this.kind,
      length: this.length,
      startLine: head?.startLine ?? "",
      headers: head === undefined ? [] : [...head.headers],
      isAccepted: error === undefined,
      deflate,
      faults: error === undefined ? [] : [handshakeFault(error, this.kind)],
    };
  }
}

function handshakeFault({ code, message }: HandshakeError, kind: "request" | "response"): Fault {
  const section = kind === "request" ? "4.2.1" : "4.1";
  return { code, rfc: 6455, section, message, field: "handshake", offset: 0 };
}

function requestFault(head: HttpHead): HandshakeError | undefined {
  const parsed = parseRequest(head);
  return parsed instanceof Error ? parsed : checkUpgradeRequest(parsed);
}

/** What the response to a request is checked against. */
type Offered = Pick<UpgradeRequest, "key" | "subprotocols" | "extensions">;

function requestOf({ headers }: HttpHead): Offered {
  return {
    key: headers.get("sec-websocket-key") ?? "",
    subprotocols: parseTokenList(headers.getAll("sec-websocket-protocol")) ?? [],
    extensions: extensionsOf(headers.getAll("sec-websocket-extensions")),
  };
}

function extensionsOf(values: readonly string[]): readonly Extension[] {
  return values.length === 0 ? [] : (parseExtensionList(values) ?? []);
}

function responseFault(head: HttpHead, offered: Offered | undefined): HandshakeError | undefined {
  // Without its request, a response is checked against one that it would answer.
  const { headers } = head;
  const assumed: Offered = offered ?? {
    key: "",
    subprotocols: headers.getAll("sec-websocket-protocol"),
    extensions: extensionsOf(headers.getAll("sec-websocket-extensions")),
  };
  let result = checkUpgradeResponse(head, assumed as UpgradeRequest);
  // Without its request, Sec-WebSocket-Accept cannot be checked, and what follows it still can.
  if (offered === undefined && "code" in result && result.code === "WS_ERR_INVALID_ACCEPT")
    result = checkAgreement(headers, assumed, 101);
  return result instanceof Error ? result : undefined;
}

function invalidDeflate(): HandshakeError {
  const message = "the response's permessage-deflate parameters are invalid or were not offered";
  return new HandshakeError("WS_ERR_INVALID_EXTENSION", 101, message);
}

/** Returns the agreed permessage-deflate, even if another part of the response is at fault. */
function agreedDeflate(
  { headers }: HttpHead,
  offered: Offered | undefined,
): DeflateParameters | "invalid" | undefined {
  const isDeflate = ({ name }: Extension) => name === "permessage-deflate";
  const chosen = extensionsOf(headers.getAll("sec-websocket-extensions")).find(isDeflate);
  if (chosen === undefined) return undefined;
  const anyOffer = offerDeflate({ contextTakeover: true, windowBits: 15 });
  const offer = offered?.extensions.find(isDeflate) ?? anyOffer;
  return readDeflateResponse(chosen, offer, false) ?? "invalid";
}
