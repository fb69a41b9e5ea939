import { HandshakeError } from "../../packages/codec/src/errors.ts";
import type { UpgradeRequest } from "../../packages/codec/src/handshake/client.ts";
import { UpgradeResponseReader } from "../../packages/codec/src/handshake/response-reader.ts";
import { parseWebSocketUrl } from "../../packages/codec/src/handshake/url.ts";
import { hex } from "../../packages/codec/test/bytes.ts";
import { Choices } from "../input/choices.ts";
import { readHeadBytes } from "../input/head-bytes.ts";
import { cutWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { Scales } from "../reference/memory.ts";
import { type ReferenceAnswer, readAnswer } from "../reference/upgrade-response.ts";

export { httpDictionary as dictionary } from "../input/dictionaries.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const subprotocols = ["chat", "superchat"];
const extensions = ["permessage-deflate", "x-a"];
const request: UpgradeRequest = {
  url: parseWebSocketUrl("ws://a/"),
  key,
  subprotocols,
  extensions: extensions.map((name) => ({ name, parameters: [] })),
  headers: {},
};

/** A head and 64 KiB of body, and as much again while a buffer grows. */
const mostHeld = 2 * (16_384 + 65_536) + 2048;

/** A server's response is read as by the reference, in any chunks. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const chunkSizes = choices.chunkSizes();
  const bytes = readHeadBytes(choices);
  const whole = read([bytes]);
  checkSame(read(cutWire(bytes, chunkSizes)), whole, "chunks change the answer");
  const reference = readAnswer(bytes, { key, subprotocols, extensions });
  if (reference.kind === "fault") {
    check(whole.startsWith("fault"), `a bad answer is accepted: ${whole}`);
  } else if (reference.kind !== "either") {
    checkSame(whole, describeReference(reference), "the answer is read differently");
  }
}

function read(chunks: readonly Uint8Array[]): string {
  const reader = new UpgradeResponseReader(request);
  const scales = new Scales();
  let before = 0;
  for (const chunk of chunks) {
    const after = reader.push(chunk);
    const isDone = reader.error !== undefined || reader.agreement !== undefined;
    check(isDone === after >= 0 && after <= chunk.length, `${after} of ${chunk.length} bytes`);
    if (reader.agreement !== undefined) {
      const { subprotocol, extensions } = reader.agreement;
      check(reader.error === undefined, "both an agreement and a fault");
      const list = extensions.map(({ name, parameters }) => [name, parameters]);
      return `agreement after ${before + after}: "${subprotocol}" ${JSON.stringify(list)}`;
    }
    if (isDone) break;
    before += chunk.length;
    scales.weigh(reader, before, mostHeld);
  }
  return describeError(reader.error ?? reader.end());
}

function describeError(error: HandshakeError | undefined): string {
  if (error === undefined) return "incomplete";
  check(error instanceof HandshakeError, "not a HandshakeError");
  const { code, status, headers, body } = error;
  check((headers === undefined) === (body === undefined), "headers without body");
  if (code !== "WS_ERR_UNEXPECTED_RESPONSE") return `fault ${code} ${status}`;
  check(body !== undefined && body.length <= 65_536, "the body is too long");
  return `refusal ${status} ${hex(body)}`;
}

function describeReference(reference: ReferenceAnswer): string {
  if (reference.kind === "agreement") {
    const { end, subprotocol, extensions } = reference;
    return `agreement after ${end}: "${subprotocol}" ${extensions}`;
  }
  if (reference.kind === "refusal") return `refusal ${reference.status} ${reference.body}`;
  return reference.kind;
}
