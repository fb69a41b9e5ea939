import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../../test-depth.ts";
import { type ProxyUrl, parseProxyUrl } from "../../../src/client/proxy/proxy-url.ts";
import { Socks5 } from "../../../src/client/proxy/socks5.ts";

const server = { hostname: "a.example", port: 8443 };
const withPassword = "socks5://user:pass@p";

/** A dialogue, with what it has said so far. */
function start(url = "socks5://p", to = server) {
  const dialogue = new Socks5(to, parseProxyUrl(url) as ProxyUrl);
  const said: number[][] = [];
  const listen = () => {
    if (dialogue.output !== undefined) said.push([...dialogue.output]);
    dialogue.output = undefined;
  };
  listen();
  /** Passes an answer in pieces. Returns the number of bytes after it, or -1. */
  const hear = (bytes: readonly number[], length = Math.max(bytes.length, 1)): number => {
    for (let at = 0; at < bytes.length; at += length) {
      const piece = Uint8Array.from(bytes.slice(at, at + length));
      const after = dialogue.push(piece);
      listen();
      if (after >= 0) return bytes.length - at - after;
    }
    return -1;
  };
  return { dialogue, said, hear };
}

const name = [..."a.example"].map((letter) => letter.charCodeAt(0));
/** RFC 1928 section 4: version, CONNECT, reserved, domain name, its length, the name, the port. */
const request = [5, 1, 0, 3, 9, ...name, 0x20, 0xfb];
/** RFC 1928 section 6, with the address 0.0.0.0 and the port 0. */
const success = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

describe("without credentials", () => {
  test("offers no authentication, then has the proxy resolve the name", () => {
    const { dialogue, said, hear } = start();
    expect(said).toEqual([[5, 1, 0]]);
    expect(hear([5, 0])).toBe(-1);
    expect(said).toEqual([[5, 1, 0], request]);
    expect(hear(success)).toBe(0);
    expect(dialogue.error).toBeUndefined();
  });

  test.each([
    ["10.0.0.1", [1, 10, 0, 0, 1]],
    ["2001:db8::1", [4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["x".repeat(255), [3, 255, ...Array<number>(255).fill(0x78)]],
  ])("connects to %s", (hostname, address) => {
    const { said, hear } = start(undefined, { hostname, port: 65_535 });
    hear([5, 0]);
    expect(said[1]).toEqual([5, 1, 0, ...address, 255, 255]);
  });
});

describe("with credentials", () => {
  test("offers them too, and sends them if the proxy wants them (RFC 1929)", () => {
    const { dialogue, said, hear } = start(withPassword);
    hear([5, 2]);
    hear([1, 0]);
    expect(hear(success)).toBe(0);
    const password = [1, 4, 117, 115, 101, 114, 4, 112, 97, 115, 115];
    expect(said).toEqual([[5, 2, 0, 2], password, request]);
    expect(dialogue.error).toBeUndefined();
  });

  test("does not send them to a proxy that wants none", () => {
    const { said, hear } = start(withPassword);
    hear([5, 0]);
    expect(said).toEqual([[5, 2, 0, 2], request]);
  });

  test("counts their bytes in UTF-8, and allows an empty password", () => {
    const { said, hear } = start("socks5://%C3%BC@p");
    hear([5, 2]);
    expect(said[1]).toEqual([1, 2, 0xc3, 0xbc, 0]);
  });
});

describe("the proxy's answer", () => {
  const addresses = [
    [1, 127, 0, 0, 1],
    [4, ...Array<number>(16).fill(9)],
    [3, 0],
    [3, 9, ...name],
    [3, 255, ...Array<number>(255).fill(0x78)],
  ];
  test.each(addresses)("may have any address of type %i, in pieces of any size", (...address) => {
    const reply = [5, 0, 0, ...address, 1, 2];
    for (let length = 1; length <= reply.length + 3; length++) {
      const { dialogue, hear } = start();
      hear([5, 0]);
      expect(hear([...reply, 7, 8, 9], length)).toBe(3);
      expect(dialogue.error).toBeUndefined();
    }
  });

  const invalid = "WS_ERR_PROXY_INVALID_RESPONSE";
  const denied = "WS_ERR_PROXY_AUTHENTICATION";
  const refused = "WS_ERR_PROXY_REFUSED";
  const plain = "socks5://p";
  const notOffered = "which was not offered";
  // The answers are hexadecimal, with a blank between those to different requests.
  test.each([
    [plain, "04", invalid, "its version is 4 instead of 5"],
    [plain, "48", invalid, "its version is 72 instead of 5"],
    [plain, "05ff", denied, "the proxy demands authentication"],
    [withPassword, "05ff", denied, "the proxy accepts no user name and password"],
    [plain, "0502", invalid, `the authentication method 2, ${notOffered}`],
    [withPassword, "0501", invalid, `the authentication method 1, ${notOffered}`],
    [withPassword, "0502 05", invalid, "its version is 5 instead of 1"],
    [withPassword, "0502 0101", denied, "does not accept the user name and password"],
    [plain, "0500 00", invalid, "its version is 0 instead of 5"],
    [plain, "0500 0500000000", invalid, "the unknown type 0"],
    [plain, "0500 05000002ff", invalid, "the unknown type 2"],
    [plain, "0500 0502", refused, "its rules do not allow the connection"],
    [plain, "0500 0505000100", refused, "the server refused the connection"],
    [plain, "0500 0563000100", refused, "the proxy cannot connect: reply 99"],
  ])("%s: %s is %s, %s", (url, answers, code, message) => {
    for (const length of [1, 100]) {
      const { dialogue, hear } = start(url);
      for (const hex of answers.split(" "))
        hear(
          (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)),
          length,
        );
      expect(dialogue.error).toMatchObject({ code, status: 0 });
      expect(dialogue.error?.message).toContain(message);
      expect(dialogue.end()).toBe(dialogue.error);
    }
  });

  test.each([
    [plain, [], [5, 0, ...success]],
    [withPassword, [5, 2], [1, 0, 5]],
  ])("%s: bytes that come before they are asked for fail", (url, before, bytes) => {
    const { dialogue, hear } = start(url);
    hear(before);
    hear(bytes);
    const message = "the proxy's answer: it has bytes that were not asked for";
    expect(dialogue.error).toMatchObject({ code: invalid, message: `${message} (${invalid})` });
  });

  test("a connection that ends within it fails, after any number of bytes", () => {
    const all = [5, 2, 1, 0, ...success];
    for (let length = 0; length < all.length; length++) {
      const { dialogue, hear } = start(withPassword);
      hear(all.slice(0, length), 1);
      expect(dialogue.end().code).toBe("WS_ERR_PROXY_INCOMPLETE");
    }
  });

  test("random bytes never throw, and what they say is bounded", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 40 }), (pieces) => {
        const { dialogue, said, hear } = start(withPassword);
        for (const piece of [[5, 2], [1, 0], ...pieces]) if (hear([...piece]) >= 0) break;
        expect(said.length).toBeLessThanOrEqual(3);
        expect(dialogue.error?.code ?? invalid).toMatch(/^WS_ERR_PROXY_/);
      }),
      { numRuns: runs(300) },
    );
  });
});
