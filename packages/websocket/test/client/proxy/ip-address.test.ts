import { describe, expect, test } from "vitest";
import { haveSamePrefix, parseAddress } from "../../../src/client/proxy/ip-address.ts";

const zeros = (count: number) => Array<number>(count).fill(0);

describe("parseAddress", () => {
  test.each([
    ["127.0.0.1", [127, 0, 0, 1]],
    ["255.255.255.255", [255, 255, 255, 255]],
    ["::", zeros(16)],
    ["::1", [...zeros(15), 1]],
    ["fe80::", [0xfe, 0x80, ...zeros(14)]],
    ["2001:DB8::a:0:1", [0x20, 0x01, 0x0d, 0xb8, ...zeros(7), 0x0a, 0, 0, 0, 1]],
    ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ["::ffff:10.0.0.1", [...zeros(10), 0xff, 0xff, 10, 0, 0, 1]],
  ])("parses %s", (text, bytes) => {
    expect(parseAddress(text)).toEqual(bytes);
  });

  test.each([
    "",
    "a",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    ":",
    ":::",
    "1::2::3",
  ])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each(["::1]", "[::1]", "fe80::1%eth0", "::g", "1:2:3:4:5:6:7", "::1/128", "a.example:80"])(
    "%j is no IPv6 address",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("haveSamePrefix", () => {
  test.each([
    [[10, 1, 2, 3], [10, 0, 0, 0], 8, true],
    [[11, 1, 2, 3], [10, 0, 0, 0], 8, false],
    [[172, 31, 0, 1], [172, 16, 0, 0], 12, true],
    [[172, 32, 0, 1], [172, 16, 0, 0], 12, false],
    [[1, 2, 3, 4], [9, 9, 9, 9], 0, true],
    [[1, 2, 3, 4], [1, 2, 3, 4], 32, true],
    [[1, 2, 3, 5], [1, 2, 3, 4], 32, false],
    [[1, 2, 3, 5], [1, 2, 3, 4], 31, true],
    [[1, 2, 3, 4], [1, 2, 3, 4], 33, false],
    [[1, 2, 3, 4], zeros(16), 0, false],
  ])("%j and %j in %i bits: %j", (a, b, bits, expected) => {
    expect(haveSamePrefix(a, b, bits)).toBe(expected);
  });
});
