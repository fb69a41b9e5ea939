import { describe, expect, test } from "vitest";
import { UpgradeRequestReader } from "../../src/handshake/request-reader.ts";
import { ascii } from "../bytes.ts";
import { clientHandshake, faultOf, headText } from "./heads.ts";

/** What a reader gives for a text that arrives in two pieces. */
function read(text: string, cutAt = 0) {
  const reader = new UpgradeRequestReader();
  const bytes = ascii(text);
  let after = cutAt === 0 ? -1 : reader.push(bytes.subarray(0, cutAt));
  if (after < 0) {
    expect([reader.request, reader.error]).toEqual([undefined, undefined]);
    after = cutAt + reader.push(bytes.subarray(cutAt));
  }
  const { request, error } = reader;
  return { target: request?.target, method: request?.method, fault: faultOf(error), after };
}

describe("UpgradeRequestReader", () => {
  const handshake = headText(...clientHandshake());

  test("reads the handshake of section 1.2 split at any byte, and no byte after it", () => {
    for (let cutAt = 0; cutAt < handshake.length; cutAt++) {
      const result = read(`${handshake}\x81\x80`, cutAt);
      expect(result).toEqual({
        ...{ target: "/chat", method: "GET" },
        ...{ fault: "none", after: handshake.length },
      });
    }
  });

  test("a valid request that is no valid handshake has both request and error", () => {
    const plain = headText("GET /page HTTP/1.1", "Host: a");
    expect(read(plain)).toEqual({
      ...{ target: "/page", method: "GET", after: plain.length },
      fault: expect.stringContaining("426"),
    });
    const post = headText("POST / HTTP/1.1", "Host: a");
    expect(read(post)).toMatchObject({ method: "POST", fault: expect.stringContaining("405") });
  });

  test.each([
    ["a head that is not HTTP", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"],
    ["a request line that is not HTTP/1.1", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "505"],
    ["a head that is too large", `GET / HTTP/1.1\r\nX: ${"a".repeat(17_000)}`, "431"],
  ])("%s has an error and no request", (_, text, status) => {
    const { method, fault } = read(text);
    expect(method).toBe(undefined);
    expect(fault).toContain(status);
  });
});
