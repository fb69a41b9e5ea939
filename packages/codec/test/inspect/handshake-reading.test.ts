import { describe, expect, test } from "vitest";
import { HandshakeReading, handshakeKind } from "../../src/inspect/handshake-reading.ts";
import { ascii, bytes, cut } from "../bytes.ts";

const requestLines = [
  "GET /chat HTTP/1.1",
  "Host: example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
const responseLines = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

const head = (lines: readonly string[]) => ascii(`${lines.join("\r\n")}\r\n\r\n`);
const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
const answer =
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10; server_no_context_takeover";

function readRequest(lines: readonly string[]) {
  const reading = new HandshakeReading("request");
  reading.push(head(lines), undefined);
  return reading;
}

function readResponse(lines: readonly string[], request?: readonly string[]) {
  const reading = new HandshakeReading("response");
  reading.push(head(lines), request && readRequest(request).head);
  return reading.handshake;
}

test.each([
  ["GET /", "request"],
  ["HTTP/1", "response"],
  ["GE", undefined],
  ["HTTP", undefined],
  ["", undefined],
  ["GEX", "none"],
  ["POST ", "none"],
])("%j is recognised by its first bytes", (text, kind) => {
  expect(handshakeKind(ascii(text))).toBe(kind);
});

test("the first bytes of a frame are no handshake", () => {
  expect(handshakeKind(bytes("81"))).toBe("none");
});

describe("a request", () => {
  test("in any pieces is described, with its length", () => {
    const wire = head(requestLines);
    for (const size of [1, 7, 1000]) {
      const reading = new HandshakeReading("request");
      const afters = cut(wire, [size]).map((chunk) => reading.push(chunk, undefined));
      expect(afters.slice(0, -1).every((after) => after === -1)).toBe(true);
      expect(reading.handshake).toMatchObject({
        kind: "request",
        length: wire.length,
        startLine: "GET /chat HTTP/1.1",
        isAccepted: true,
        deflate: undefined,
        faults: [],
      });
      expect(reading.handshake?.headers).toContainEqual(["host", "example.com"]);
    }
  });

  test.each([
    ["not of HTTP", ["GET / FTP"], "WS_ERR_INVALID_HTTP", "GET / FTP"],
    [
      "with no key",
      requestLines.filter((line) => !line.includes("Key")),
      "WS_ERR_INVALID_KEY",
      "GET /chat HTTP/1.1",
    ],
    ["with a bare line feed", ["GET / HTTP/1.1\nx"], "WS_ERR_INVALID_HTTP", ""],
  ])("%s is at fault", (_, lines, code, startLine) => {
    expect(readRequest(lines).handshake).toMatchObject({
      isAccepted: false,
      startLine,
      faults: [{ code, rfc: 6455, section: "4.2.1", field: "handshake", offset: 0 }],
    });
  });
});

describe("a response", () => {
  test("is checked against its request", () => {
    expect(readResponse(responseLines, requestLines)).toMatchObject({
      isAccepted: true,
      faults: [],
    });
    const other = requestLines.map((line) => line.replace("dGhl", "eGhl"));
    const faults = [expect.objectContaining({ code: "WS_ERR_INVALID_ACCEPT", section: "4.1" })];
    expect(readResponse(responseLines, other)).toMatchObject({ isAccepted: false, faults });
  });

  test("is checked against an empty request if that is none", () => {
    const faults = [expect.objectContaining({ code: "WS_ERR_INVALID_ACCEPT" })];
    expect(
      readResponse(responseLines, ["GET / HTTP/1.1", "Sec-WebSocket-Protocol: ;"]),
    ).toMatchObject({ faults });
  });

  test.each([
    ["without its request", undefined],
    ["with its request", [...requestLines, offer, "Sec-WebSocket-Protocol: a, b"]],
  ])("names the parameters of permessage-deflate %s", (_, request) => {
    const lines = [...responseLines, answer, "Sec-WebSocket-Protocol: b"];
    expect(readResponse(lines, request)).toMatchObject({
      isAccepted: true,
      faults: [],
      deflate: {
        sendContextTakeover: true,
        sendWindowBits: 10,
        receiveContextTakeover: false,
        receiveWindowBits: 15,
      },
    });
  });

  test.each([
    ["another status", ["HTTP/1.1 404 Not Found"], "WS_ERR_UNEXPECTED_RESPONSE"],
    ["no Upgrade header", [responseLines[0]], "WS_ERR_INVALID_UPGRADE"],
    [
      "malformed extensions",
      [...responseLines, "Sec-WebSocket-Extensions: ;"],
      "WS_ERR_INVALID_EXTENSION",
    ],
    [
      "a parameter out of range",
      [...responseLines, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"],
      "WS_ERR_INVALID_EXTENSION",
    ],
  ])("with %s is at fault", (_, lines, code) => {
    expect(readResponse(lines)).toMatchObject({
      isAccepted: false,
      deflate: undefined,
      faults: [{ code }],
    });
  });

  test("with invalid parameters and another fault reports the other", () => {
    const lines = [responseLines[0], "Sec-WebSocket-Extensions: permessage-deflate; x=7"];
    expect(readResponse(lines)?.faults).toMatchObject([{ code: "WS_ERR_INVALID_UPGRADE" }]);
  });
});
