import { HandshakeError } from "../../packages/codec/src/errors.ts";
import { hex } from "../../packages/codec/test/bytes.ts";
import { HttpConnect } from "../../packages/websocket/src/client/proxy/http-connect.ts";
import type { ProxyDialogue } from "../../packages/websocket/src/client/proxy/proxy-dialogue.ts";
import {
  type ProxyUrl,
  parseProxyUrl,
} from "../../packages/websocket/src/client/proxy/proxy-url.ts";
import { Socks5 } from "../../packages/websocket/src/client/proxy/socks5.ts";
import { Choices } from "../input/choices.ts";
import { httpDictionary } from "../input/dictionaries.ts";
import { readHeadBytes } from "../input/head-bytes.ts";
import { cutWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { Scales } from "../reference/memory.ts";
import { readSocksAnswer } from "../reference/socks-answer.ts";

/** Parts of HTTP, and the parts of a SOCKS5 proxy's answer. */
export const dictionary = [
  ...httpDictionary,
  "HTTP/1.1 200 OK\r\n\r\n",
  ...["\x05\x00", "\x05\x02\x01\x00", "\x05\x00\x00\x01", "\x05\x00\x00\x04"],
  "\x05\x00\x00\x03\x05local\x00\x50",
];

const server = { hostname: "a.example", port: 443 };
const plain = parseProxyUrl("socks5://p") as ProxyUrl;
const withPassword = parseProxyUrl("socks5://user:password@p") as ProxyUrl;

/** A head and 64 KiB of body, and as much again while a buffer grows. */
const mostHeld = 2 * (16_384 + 65_536) + 2048;

/** A proxy's answer is read as by the reference, in any chunks, and with bounded memory. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const kind = choices.byte() % 3;
  const chunkSizes = choices.chunkSizes();
  if (kind === 0) return checkHttp(readHeadBytes(choices), chunkSizes);
  const proxy = kind === 1 ? plain : withPassword;
  const bytes = choices.rest();
  // What follows these parts in the same chunk was not asked for.
  const parts = [bytes.subarray(0, 2), bytes.subarray(2, 4), bytes.subarray(4)];
  const expected = readSocksAnswer(bytes, kind === 2);
  const whole = read(new Socks5(server, proxy), parts);
  checkSame(whole, expected, "the answer is read differently");
  const cut = parts.flatMap((part) => [...cutWire(part, chunkSizes)]);
  checkSame(read(new Socks5(server, proxy), cut), whole, "chunks change the answer");
}

function checkHttp(bytes: Uint8Array, chunkSizes: number[]): void {
  const dialogue = () => new HttpConnect(server, plain, "");
  const whole = read(dialogue(), [bytes]);
  checkSame(read(dialogue(), cutWire(bytes, chunkSizes)), whole, "chunks change the answer");
  const opened = /^open after (\d+)$/.exec(whole);
  if (opened === null) return check(!/^\w+ 2/.test(whole), "a 2xx status opens no tunnel");
  const head = Array.from(bytes.subarray(0, Number(opened[1])), (byte) =>
    String.fromCharCode(byte),
  ).join("");
  const isHead = head.indexOf("\r\n\r\n") === head.length - 4;
  check(isHead, "the tunnel does not begin after the head");
  check(/^HTTP\/1\.\d 2\d\d[ \r]/.test(head), "a bad answer opens a tunnel");
}

function read(dialogue: ProxyDialogue, chunks: Iterable<Uint8Array>): string {
  const scales = new Scales();
  let before = 0;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    const after = dialogue.push(chunk);
    dialogue.output = undefined;
    check(after <= chunk.length, `${after} of ${chunk.length} bytes`);
    if (dialogue.error !== undefined) return describe(dialogue.error);
    if (after >= 0) return `open after ${before + after}`;
    before += chunk.length;
    scales.weigh(dialogue, before, mostHeld);
  }
  return describe(dialogue.end());
}

function describe(error: HandshakeError): string {
  check(error instanceof HandshakeError, "not a HandshakeError");
  const { code, status, body } = error;
  if (code === "WS_ERR_PROXY_INCOMPLETE") return "incomplete";
  check(code.startsWith("WS_ERR_PROXY_"), `the code is ${code}`);
  if (body === undefined) return code;
  check(body.length <= 65_536, "the body is too long");
  return `${code} ${status} ${hex(body)}`;
}
