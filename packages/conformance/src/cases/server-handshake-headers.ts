import { exampleKey } from "../opening-handshake.ts";
import {
  accepted,
  more,
  refused,
  requestWith,
  type ServerHandshakeCase,
} from "./server-handshake-case.ts";

const goodHosts = [
  "example.com",
  "EXAMPLE.com:8080",
  "localhost:",
  "[::1]",
  "[2001:db8::1]:443",
  "a-b_c.d~e",
  "%41.example.com",
];

const badHosts: Readonly<Record<string, string>> = {
  "an empty Host header": "",
  "a Host header with a space": "a b",
  "a Host header with a port that is not a number": "127.0.0.1:http",
  "a Host header with two ports": "127.0.0.1:80:80",
  "a Host header with only a port": ":80",
  "a Host header with user information": "user@127.0.0.1",
  "a Host header with a path": "127.0.0.1/chat",
  "a Host header with a URL": "http://127.0.0.1",
  "a Host header with half a bracket": "[::1",
  "a Host header that is not ASCII": "caf\u00e9",
  "a Host header with half an escape": "%4",
};

/** Valid values of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1), one per header line. */
const goodExtensions: Readonly<Record<string, readonly string[]>> = {
  "the examples of section 9.1": ["foo", "bar; baz=2"],
  "a parameter that is quoted": ['x-unheard-of; a="token"'],
  "a quoted parameter with an escape": ['x-unheard-of; a="tok\\en"'],
  "parameters without values": ["x-unheard-of; a; b;c ;\td"],
  "empty elements": [", x-unheard-of,, ,x-other ,"],
  "an empty header line beside another": ["", "x-unheard-of"],
  "one extension several times": ["x-unheard-of; a=1, x-unheard-of", "x-unheard-of"],
  "one parameter several times": ["x-unheard-of; a=1; a=2; a"],
  "names of object properties": ["__proto__; __proto__=1, constructor; toString", "hasOwnProperty"],
};

const badExtensions: Readonly<Record<string, readonly string[]>> = {
  "an empty Sec-WebSocket-Extensions header": [""],
  "extensions consisting only of commas": [" , ,"],
  "a parameter without an extension": [";a=1"],
  "an extension that ends with a semicolon": ["x-unheard-of;"],
  "a parameter without a name": ["x-unheard-of; =1"],
  "a parameter without its value": ["x-unheard-of; a="],
  "a parameter with two values": ["x-unheard-of; a=b=c"],
  "a quote that does not end": ['x-unheard-of; a="b'],
  "a quoted value that is not a token": ['x-unheard-of; a="b c"'],
  "an empty quoted value": ['x-unheard-of; a=""'],
  "an extension that is quoted": ['"x-unheard-of"'],
  "two tokens for an extension": ["x unheard"],
  "an extension that is not a token": ["x/unheard"],
  "a malformed line beside another": ["x-unheard-of", "x-other;"],
  "a malformed element after a valid one": ["x-unheard-of, x-other; a b"],
};

const extensionLines = (values: readonly string[]) =>
  more(...values.map((value) => `Sec-WebSocket-Extensions: ${value}`));

const otherFaults: Readonly<Record<string, readonly string[]>> = {
  "two Sec-WebSocket-Version headers": ["Sec-WebSocket-Version: 13"],
  "two versions in two headers": ["Sec-WebSocket-Version: 8"],
  "two keys that differ": ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
  "two Authorization headers": ["Authorization: Basic YTpi", "Authorization: Basic YTpi"],
  "two Content-Length headers": ["Content-Length: 0", "Content-Length: 0"],
  "an empty Content-Length": ["Content-Length:"],
  "a Content-Length below 0": ["Content-Length: -1"],
  "a Content-Length with a sign": ["Content-Length: +0"],
  "a Content-Length that is a list": ["Content-Length: 0, 0"],
  "a Content-Length in base 16": ["Content-Length: 0x0"],
  "a transfer coding without a name": ["Transfer-Encoding:"],
  "an empty Sec-WebSocket-Protocol header": ["Sec-WebSocket-Protocol:"],
  "subprotocols consisting only of commas": ["Sec-WebSocket-Protocol: , ,"],
  "a subprotocol that is offered twice in two headers": [
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Protocol: superchat, chat",
  ],
  "a subprotocol with a quote": ['Sec-WebSocket-Protocol: "chat"'],
};

/** The headers one by one (RFC 6455 section 4.1, items 4 to 11; section 9.1 for extensions). */
export const headerCases: readonly ServerHandshakeCase[] = [
  ...goodHosts.map((host) =>
    accepted(`Host: ${host}`, "4.1", requestWith({ Host: `Host: ${host}` })),
  ),
  ...Object.entries(badHosts).map(([name, host]) =>
    refused(400, name, "4.1", requestWith({ Host: `Host: ${host}` })),
  ),
  ...Object.entries(goodExtensions).map(([name, values]) =>
    accepted(`extensions: ${name}`, "9.1", extensionLines(values)),
  ),
  ...Object.entries(badExtensions).map(([name, values]) =>
    refused(400, name, "9.1", extensionLines(values)),
  ),
  ...Object.entries(otherFaults).map(([name, lines]) => refused(400, name, "4.1", more(...lines))),
  accepted("a Content-Length of several zeros", "4.1", more("Content-Length: 000")),
  accepted(
    "subprotocols named like object properties",
    "4.1",
    more("Sec-WebSocket-Protocol: __proto__, constructor, chat"),
    "chat",
  ),
  accepted(
    "white space around the key",
    "4.1",
    requestWith({
      "Sec-WebSocket-Key": `Sec-WebSocket-Key: \t ${exampleKey} \t`,
    }),
  ),
  accepted(
    "a key with unused bits set in its last character",
    "4.1",
    requestWith({ "Sec-WebSocket-Key": "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==" }),
  ),
];
