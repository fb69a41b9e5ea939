import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { HttpHeadReader, maxHeaderLines, maxHeadLength } from "../../src/handshake/http-head.ts";
import { allocationsOf } from "../allocations.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, cut, hex } from "../bytes.ts";
import { clientHandshake, faultOf, headText, readHead } from "./heads.ts";

/** The head or the fault that a reader gives for some chunks, and the number of bytes it read. */
function outcome(chunks: readonly Uint8Array[]) {
  const reader = new HttpHeadReader();
  let taken = 0;
  for (const chunk of chunks) {
    const after = reader.push(chunk);
    const { head, error } = reader;
    if (after < 0) {
      expect([head, error]).toEqual([undefined, undefined]);
      taken += chunk.length;
      continue;
    }
    const pairs = head === undefined ? [] : [...head.headers];
    return { startLine: head?.startLine, pairs, fault: faultOf(error), taken: taken + after };
  }
  return { startLine: undefined, pairs: [], fault: "needs data", taken };
}

const readText = (text: string) => outcome([ascii(text)]);

describe("HttpHeadReader", () => {
  const handshake = headText(...clientHandshake());

  test("reads the handshake of section 1.2", () => {
    const result = readText(handshake);
    expect(result.startLine).toBe("GET /chat HTTP/1.1");
    expect(result.pairs).toEqual([
      ["host", "server.example.com"],
      ["upgrade", "websocket"],
      ["connection", "Upgrade"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["origin", "http://example.com"],
      ["sec-websocket-protocol", "chat, superchat"],
      ["sec-websocket-version", "13"],
    ]);
    expect(result.taken).toBe(handshake.length);
  });

  test("gives the same result split at any byte, and reads no byte after the head", () => {
    const bytes = ascii(`${handshake}\x81\x85frame`);
    const expected = outcome([bytes]);
    expect(expected.taken).toBe(handshake.length);
    for (let at = 0; at <= bytes.length; at++) {
      expect(outcome([bytes.slice(0, at), bytes.slice(at)])).toEqual(expected);
    }
    expect(outcome(cut(bytes, [1]))).toEqual(expected);
  });

  test("gives the same result in any chunks, for any bytes", () => {
    const piece = fc.oneof(
      fc.constantFrom("\r\n", "\r\n\r\n", "\r", "\n", ":", " ", "\t", "\0", "\u00ff", "Host: x"),
      fc.constantFrom(
        "GET / HTTP/1.1\r\n",
        "a: b\r\n",
        "content-length: 1\r\n",
        "__proto__: x\r\n",
      ),
      fc.string({ unit: "binary-ascii", maxLength: 5 }),
      fc.constantFrom("x".repeat(9000), "y: z\r\n".repeat(60)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), chunkSizes, (pieces, sizes) => {
        const bytes = ascii(pieces.join(""));
        expect(outcome(cut(bytes, sizes))).toEqual(outcome([bytes]));
      }),
      { numRuns: runs(150) },
    );
  });

  test("copies the bytes of an incomplete head from its chunk", () => {
    const reader = new HttpHeadReader();
    const first = ascii("GET / HTTP/1.1\r\nHost: exam");
    reader.push(first);
    first.fill(0x58);
    reader.push(ascii("ple\r\n\r\n"));
    expect(reader.head?.headers.get("host")).toBe("example");
    expect(hex(first)).toBe("58".repeat(first.length));
  });

  test("removes blanks only at both ends of a value", () => {
    const { headers } = readHead(
      "x",
      "a: \t b \t c \t ",
      "b:",
      "c:\t",
      "d:e:f",
      "e: caf\u00e9\u00a0",
    );
    expect([...headers]).toEqual([
      ["a", "b \t c"],
      ["b", ""],
      ["c", ""],
      ["d", "e:f"],
      ["e", "caf\u00e9\u00a0"],
    ]);
  });

  test.each([
    ["an empty line instead of a start line", "\r\n"],
    ["a bare line feed", "GET / HTTP/1.1\nHost: x\r\n\r\n"],
    ["a bare carriage return", "GET / HTTP/1.1\r\nHost: x\ry\r\n\r\n"],
    ["two carriage returns", "GET / HTTP/1.1\r\r\n\r\n"],
    ["a folded line", "GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n"],
    ["a folded first header", "GET / HTTP/1.1\r\n a: b\r\n\r\n"],
    ["no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n"],
    ["no name", "GET / HTTP/1.1\r\n: x\r\n\r\n"],
    ["a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"],
    ["a name that is not a token", "GET / HTTP/1.1\r\nHo(st: x\r\n\r\n"],
    ["a NUL", "GET / HTTP/1.1\r\na: b\0\r\n\r\n"],
    ["a DEL", "GET / HTTP/1.1\r\na: b\x7f\r\n\r\n"],
    ["an escape in the start line", "GET /\x1b HTTP/1.1\r\n\r\n"],
    ["a TLS record", "\x16\x03\x01\x02\x00\x01\x00"],
  ])("refuses %s with 400", (_, text) => {
    expect(readText(text).fault).toBe("400 WS_ERR_INVALID_HTTP");
    expect(outcome(cut(ascii(text), [1])).fault).toBe("400 WS_ERR_INVALID_HTTP");
  });

  test.each([
    "Host",
    "Content-Length",
    "Origin",
    "Authorization",
    "If-Modified-Since",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Accept",
  ])("refuses a second %s header with 400", (name) => {
    const text = headText("GET / HTTP/1.1", `${name}: 1`, `${name.toLowerCase()}: 1`);
    expect(readText(text).fault).toBe("400 WS_ERR_INVALID_HTTP");
  });
});

describe("the limits of a head", () => {
  const start = "GET / HTTP/1.1\r\na: ";
  const ofLength = (length: number) => `${start}${"x".repeat(length - start.length - 4)}\r\n\r\n`;

  test("at most 16 KiB, including the empty line", () => {
    expect(maxHeadLength).toBe(16_384);
    expect(ofLength(16_384)).toHaveLength(16_384);
    for (const sizes of [[100_000], [1], [16_384], [16_383], [7]]) {
      expect(outcome(cut(ascii(ofLength(16_384)), sizes)).fault).toBe("none");
      const tooLong = outcome(cut(ascii(ofLength(16_385)), sizes));
      expect(tooLong.fault).toBe("431 WS_ERR_HTTP_HEAD_TOO_LARGE");
    }
  });

  test("an endless head is refused at the limit", () => {
    const reader = new HttpHeadReader();
    const chunk = ascii("x".repeat(1000));
    let pushes = 0;
    const allocated = allocationsOf(() => {
      while (reader.push(chunk) < 0) pushes++;
    });
    expect(pushes).toBe(16);
    expect(faultOf(reader.error)).toBe("431 WS_ERR_HTTP_HEAD_TOO_LARGE");
    expect(Math.max(...allocated)).toBeLessThanOrEqual(maxHeadLength);
  });

  test("at most 100 header lines", () => {
    expect(maxHeaderLines).toBe(100);
    const lines = (count: number) => headText("GET / HTTP/1.1", ...Array(count).fill("a: b"));
    expect(readText(lines(100)).fault).toBe("none");
    expect(readText(lines(101)).fault).toBe("431 WS_ERR_HTTP_HEAD_TOO_LARGE");
    expect(outcome(cut(ascii(lines(101)), [1])).fault).toBe("431 WS_ERR_HTTP_HEAD_TOO_LARGE");
  });

  test("bytes after the head do not count", () => {
    const text = ofLength(16_384) + "\n".repeat(50_000);
    expect(readText(text)).toMatchObject({ fault: "none", taken: 16_384 });
  });
});
