/** A plausible programming error, as a replacement in one source file. */
export interface PlantedFault {
  readonly target: string;
  readonly name: string;
  /** Below `packages`. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly text: string;
  readonly fault: string;
  /** The seed that is tried first, because it has found this fault before. Default 1. */
  readonly firstSeed?: number;
}

/** Each needs particular bytes to be found, not only code that no other input runs. */
export const faults: readonly PlantedFault[] = [
  {
    target: "decoder",
    name: "masking by words ignores an odd phase in later chunks",
    file: "codec/src/mask/words.ts",
    text: "rotateKey(maskingKey, phase - startOctet)",
    fault: "rotateKey(maskingKey, (phase & ~1) - startOctet)",
  },
  {
    target: "decoder",
    name: "the fragment count is not reset after a message",
    file: "codec/src/frame/decoder.ts",
    text: "if (header.fin) this.fragments = 0;",
    fault: "",
  },
  {
    target: "decoder",
    name: "16-bit lengths may be 125",
    file: "codec/src/frame/rules.ts",
    text: "lengthBits === 16 && low < 126",
    fault: "lengthBits === 16 && low < 125",
  },
  {
    target: "decoder",
    name: "control frames may be 126 bytes long",
    file: "codec/src/frame/rules.ts",
    text: "maxControlPayloadLength = 125",
    fault: "maxControlPayloadLength = 126",
  },
  {
    target: "connection",
    name: "U+110000 and above are accepted after F4",
    file: "codec/src/utf8.ts",
    text: "this.upper = 0x8f;",
    fault: "this.upper = 0x90;",
    firstSeed: 2,
  },
  {
    target: "connection",
    name: "a long piece of text must not end three bytes into a character",
    file: "codec/src/message/text-buffer.ts",
    text: "index >= end - 3",
    fault: "index >= end - 2",
    firstSeed: 4,
  },
  {
    target: "connection",
    name: "a queued Pong is sent after the Close frame",
    file: "codec/src/connection/sender.ts",
    text: "this.dropCompressionQueue();\n    this.pendingPong = this.fragmented = undefined;",
    fault: "this.dropCompressionQueue();\n    this.fragmented = undefined;",
    firstSeed: 5,
  },
  {
    target: "http-head",
    name: "a version need only start with 13",
    file: "codec/src/handshake/server.ts",
    text: 'headers.get("sec-websocket-version") !== "13"',
    fault: '!headers.get("sec-websocket-version")?.startsWith("13")',
  },
  {
    target: "http-head",
    name: "DEL is accepted in a head",
    file: "codec/src/handshake/http-head.ts",
    text: " && byte !== 0x7f",
    fault: "",
  },
  {
    target: "http-head",
    name: "a list element need only start with the name",
    file: "codec/src/handshake/header-values.ts",
    text: "element.toLowerCase() === name",
    fault: "element.toLowerCase().startsWith(name)",
  },
  {
    target: "extension-list",
    name: "only the first backslash of a quoted string is removed",
    file: "codec/src/handshake/extension-list.ts",
    text: 'replace(/\\\\(.)/g, "$1")',
    fault: 'replace(/\\\\(.)/, "$1")',
  },
  {
    target: "extension-list",
    name: "unterminated quoted strings take exponential time",
    file: "codec/src/handshake/extension-list.ts",
    text: '(?:[^"\\\\]|',
    fault: '(?:[^"\\\\]+|',
  },
  {
    target: "upgrade-response",
    name: "Upgrade need only start with websocket",
    file: "codec/src/handshake/client.ts",
    text: 'headers.get("upgrade")?.toLowerCase() !== "websocket"',
    fault: '!headers.get("upgrade")?.toLowerCase().startsWith("websocket")',
  },
  {
    target: "upgrade-response",
    name: "the end of a long body is off by one",
    file: "codec/src/handshake/http-body.ts",
    text: "if (taken === room)",
    fault: "if (taken === room + 1)",
  },
  {
    target: "upgrade-response",
    name: "a status may have four digits",
    file: "codec/src/handshake/client.ts",
    text: "(\\d{3})",
    fault: "(\\d{3,4})",
  },
  {
    target: "deflate",
    name: "the decompressed length is not reset after a message",
    file: "codec/src/deflate/permessage-deflate.ts",
    text: "this.length = 0;\n    if",
    fault: "if",
  },
  {
    target: "http2-handshake",
    name: "pseudo-headers may follow other headers",
    file: "codec/src/handshake/http2.ts",
    text: " || hasHeaders",
    fault: "",
  },
  {
    target: "url",
    name: "the path of a Unix socket ends at the last colon",
    file: "codec/src/handshake/unix-url.ts",
    text: 'query)).indexOf(":")',
    fault: 'query)).lastIndexOf(":")',
  },
  {
    target: "routes",
    name: "parameters match empty segments",
    file: "websocket/src/server/path-pattern.ts",
    text: 'kind === Kind.Parameter && segment !== ""',
    fault: "kind === Kind.Parameter",
  },
  {
    target: "whole-connections",
    name: "up to three bytes that follow the request at once are lost",
    file: "websocket/src/socket/session.ts",
    text: "if (rest.length > 0)",
    fault: "if (rest.length > 3)",
    firstSeed: 10,
  },
  {
    target: "proxy-answer",
    name: "the authentication method 3 is accepted",
    file: "websocket/src/client/proxy/socks5.ts",
    text: "method === Method.Password && hasPassword",
    fault: "(method === Method.Password || method === 3) && hasPassword",
  },
];
