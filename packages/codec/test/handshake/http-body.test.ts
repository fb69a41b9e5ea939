import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HttpBodyReader, maxBodyLength } from "../../src/handshake/http-body.ts";
import { HttpHeaders } from "../../src/handshake/http-headers.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, concat, cut, hex, pattern } from "../bytes.ts";

function reader(status: number, fields: Readonly<Record<string, string>>): HttpBodyReader {
  const headers = new HttpHeaders();
  for (const [name, value] of Object.entries(fields)) headers.append(name, value);
  return new HttpBodyReader(status, headers);
}

/** The body of a response, and whether the reader reported it as complete. */
function read(fields: Readonly<Record<string, string>>, chunks: readonly Uint8Array[]) {
  const body = reader(404, fields);
  let complete = body.push(new Uint8Array(0));
  for (const chunk of chunks) complete = body.push(chunk);
  return { complete, text: String.fromCharCode(...body.take()) };
}

const chunked = { "Transfer-Encoding": "chunked" };

describe("HttpBodyReader", () => {
  test("reads exactly Content-Length bytes", () => {
    expect(read({ "Content-Length": "5" }, [ascii("hel"), ascii("lo, world")])).toEqual({
      complete: true,
      text: "hello",
    });
    expect(read({ "Content-Length": "5" }, [ascii("hel")])).toEqual({
      complete: false,
      text: "hel",
    });
    expect(read({ "Content-Length": "0" }, [])).toEqual({ complete: true, text: "" });
  });

  test("reads to the end of the connection without Content-Length", () => {
    expect(read({}, [ascii("hel"), ascii("lo")])).toEqual({ complete: false, text: "hello" });
  });

  test.each([[204], [304], [100], [199]])("reads no body for status %i", (status) => {
    const body = reader(status, { "Content-Length": "5" });
    expect(body.push(ascii("hello"))).toBe(true);
    expect(body.take()).toHaveLength(0);
  });

  test("joins chunks in any pieces, with extensions and trailers", () => {
    const text = "5\r\nhello\r\n7 ; name=value\r\n, world\r\n00\r\nTrailer: x\r\n\r\nmore";
    fc.assert(
      fc.property(chunkSizes, (sizes) => {
        const result = read(chunked, cut(ascii(text), sizes));
        expect(result).toEqual({ complete: true, text: "hello, world" });
      }),
    );
    expect(read(chunked, [ascii("A\r\n0123456789\r\n")])).toEqual({
      complete: false,
      text: "0123456789",
    });
  });

  test("ignores Content-Length for a chunked body", () => {
    const fields = { "Content-Length": "3", "Transfer-Encoding": "chunked" };
    expect(read(fields, [ascii("2\r\nab\r\n0\r\n\r\n")])).toEqual({ complete: true, text: "ab" });
  });

  test.each(["x\r\n", "-1\r\nab", "\r\n", "1234567890123\r\n", "2\r\nabc\r\n", "0x2\r\nab"])(
    "stops at an invalid chunk: %j",
    (text) => {
      const { complete, text: body } = read(chunked, [ascii(text)]);
      expect(complete).toBe(true);
      expect(["", "ab"]).toContain(body);
    },
  );

  test("stops at the first character beyond the longest chunk line", () => {
    const body = reader(500, chunked);
    expect(body.push(ascii(`1;${"x".repeat(254)}`))).toBe(false);
    expect(body.push(ascii("x"))).toBe(true);
  });

  test("reads no body for an invalid Content-Length", () => {
    expect(read({ "Content-Length": "5x" }, [ascii("hello")])).toEqual({
      complete: true,
      text: "",
    });
  });

  test.each([
    ["read to the end", {}, (data: Uint8Array) => data],
    ["by length", { "Content-Length": "70000" }, (data: Uint8Array) => data],
    ["in chunks", chunked, (data: Uint8Array) => concat([ascii("FFFFFF\r\n"), data])],
  ])("keeps the first 64 KiB of a body, %s", (_, fields, frame) => {
    const data = pattern(70_000);
    const body = reader(500, fields);
    const [first, second] = [frame(data).subarray(0, 65_000), frame(data).subarray(65_000)];
    expect(body.push(first)).toBe(false);
    expect(body.push(second)).toBe(true);
    expect(hex(body.take())).toBe(hex(data.subarray(0, maxBodyLength)));
  });
});
