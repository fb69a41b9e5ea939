import { describe, expect, test } from "vitest";
import {
  type DeflatePreferences,
  negotiateDeflate,
  offerDeflate,
  readDeflateResponse,
} from "../../src/deflate/deflate-negotiation.ts";
import { formatExtensionList, parseExtensionList } from "../../src/handshake/extension-list.ts";
import { extensionOf } from "./deflate-rules.ts";

const largest: DeflatePreferences = { contextTakeover: true, windowBits: 15 };
const withoutTakeover: DeflatePreferences = { contextTakeover: false, windowBits: 15 };

/** A server's response to a header, as text. */
function answer(header: string, wishes = largest): string | undefined {
  const accepted = negotiateDeflate(parseExtensionList([header]) ?? [], wishes);
  return accepted && formatExtensionList([accepted.response]);
}

function agreed(header: string, wishes = largest) {
  return negotiateDeflate(parseExtensionList([header]) ?? [], wishes)?.agreement;
}

function read(response: string, offer: string) {
  return readDeflateResponse(extensionOf(response), extensionOf(offer));
}

const invalidParameters = [
  "server_no_context_takeover=1",
  "server_no_context_takeover=true",
  'client_no_context_takeover="15"',
  "server_max_window_bits",
  "server_max_window_bits=7",
  "server_max_window_bits=16",
  "server_max_window_bits=08",
  'server_max_window_bits="09"',
  "server_max_window_bits=+9",
  "server_max_window_bits=9.0",
  "server_max_window_bits=0x9",
  "server_max_window_bits=1e1",
  "server_max_window_bits=110",
  "client_max_window_bits=7",
  "client_max_window_bits=16",
  "client_max_window_bits=010",
  "client_max_window_bits=-9",
  "client_max_window_bits=true",
  "server_no_context_takeover; server_no_context_takeover",
  "server_max_window_bits=10; server_max_window_bits=10",
  "client_max_window_bits=10; client_no_context_takeover; client_max_window_bits=11",
  "x",
  "x=1",
  "__proto__",
  "__proto__=9",
  "constructor",
  "toString",
  "hasOwnProperty=9",
  "max_window_bits=10",
  "server_max_window_bits_=10",
  // Tokens are case-sensitive.
  "Server_No_Context_Takeover",
  "CLIENT_MAX_WINDOW_BITS=10",
];

describe("offerDeflate", () => {
  test.each<[boolean, number, string]>([
    [true, 15, "client_max_window_bits"],
    [true, 14, "client_max_window_bits=14; server_max_window_bits=14"],
    [true, 9, "client_max_window_bits=9; server_max_window_bits=9"],
    [false, 15, "client_max_window_bits; server_no_context_takeover; client_no_context_takeover"],
    [
      false,
      10,
      "client_max_window_bits=10; server_max_window_bits=10; server_no_context_takeover; client_no_context_takeover",
    ],
  ])("contextTakeover %s, windowBits %d", (contextTakeover, windowBits, expected) => {
    expect(formatExtensionList([offerDeflate({ contextTakeover, windowBits })])).toBe(
      `permessage-deflate; ${expected}`,
    );
  });
});

test.each([8, 16, 0, -9, 9.5, Number.NaN, Number.POSITIVE_INFINITY, "10" as unknown as number])(
  "windows of %d bits are refused before anything is read",
  (windowBits) => {
    const wishes = { contextTakeover: true, windowBits };
    const fault = expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_OPTION" });
    expect(() => offerDeflate(wishes)).toThrow(fault);
    expect(() => negotiateDeflate([], wishes)).toThrow(fault);
  },
);

describe("negotiateDeflate", () => {
  test("the examples of RFC 7692 section 7.1.3", () => {
    expect(answer("permessage-deflate")).toBe("permessage-deflate");
    const fallback =
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits";
    expect(answer(fallback)).toBe("permessage-deflate; server_max_window_bits=10");
    // If the first offer is not acceptable, the second one is answered.
    expect(answer(fallback.replace("=10", "=8"))).toBe("permessage-deflate");
  });

  test("the first acceptable offer counts, as in the examples of RFC 7692 section 5.2", () => {
    expect(answer("permessage-deflate; use_y, permessage-deflate")).toBe("permessage-deflate");
    expect(answer("permessage-deflate; client_max_window_bits=10, permessage-deflate; use_y")).toBe(
      "permessage-deflate; client_max_window_bits=10",
    );
    expect(
      answer("permessage-deflate; server_max_window_bits=12, permessage-deflate; x, foo"),
    ).toBe("permessage-deflate; server_max_window_bits=12");
    expect(answer("permessage-deflate; server_no_context_takeover, permessage-deflate")).toBe(
      "permessage-deflate; server_no_context_takeover",
    );
    expect(answer("permessage-deflate, permessage-deflate; server_no_context_takeover")).toBe(
      "permessage-deflate",
    );
  });

  test.each([
    "foo",
    "permessage-bzip2, x-webkit-deflate-frame, deflate-frame",
    "Permessage-Deflate",
    "PERMESSAGE-DEFLATE",
    "permessage-deflate2",
    "__proto__, constructor",
    "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate; server_max_window_bits=8; client_max_window_bits",
    "permessage-deflate; x, permessage-deflate; server_max_window_bits",
  ])("declines %j", (header) => {
    expect(answer(header)).toBeUndefined();
    expect(answer(`${header}, permessage-deflate`)).toBe("permessage-deflate");
    expect(answer(`permessage-deflate, ${header}`)).toBe("permessage-deflate");
  });

  test("returns undefined for no offers", () => {
    expect(negotiateDeflate([], largest)).toBeUndefined();
  });

  test.each(invalidParameters)("declines an offer with %j", (parameter) => {
    expect(answer(`permessage-deflate; ${parameter}`)).toBeUndefined();
    const other = "permessage-deflate; client_max_window_bits=11";
    expect(answer(`permessage-deflate; ${parameter}, ${other}`)).toBe(other);
  });

  test("a quoted value is read without its quotes", () => {
    expect(answer('permessage-deflate; server_max_window_bits="1\\0"')).toBe(
      "permessage-deflate; server_max_window_bits=10",
    );
    expect(answer('permessage-deflate; client_max_window_bits="9"')).toBe(
      "permessage-deflate; client_max_window_bits=9",
    );
  });

  test("the server may use a smaller window, and announces it only if asked", () => {
    const wishes = { contextTakeover: true, windowBits: 11 };
    expect(answer("permessage-deflate", wishes)).toBe("permessage-deflate");
    expect(agreed("permessage-deflate", wishes)).toEqual({
      sendContextTakeover: true,
      sendWindowBits: 11,
      receiveContextTakeover: true,
      receiveWindowBits: 15,
    });
    const asked = "permessage-deflate; server_max_window_bits=15; client_max_window_bits";
    expect(answer(asked, wishes)).toBe(
      "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11",
    );
    expect(agreed(asked, wishes)).toEqual({
      sendContextTakeover: true,
      sendWindowBits: 11,
      receiveContextTakeover: true,
      receiveWindowBits: 11,
    });
  });

  test("without contextTakeover, the response always has client_no_context_takeover", () => {
    expect(answer("permessage-deflate", withoutTakeover)).toBe(
      "permessage-deflate; client_no_context_takeover",
    );
    expect(agreed("permessage-deflate", withoutTakeover)).toEqual({
      sendContextTakeover: false,
      sendWindowBits: 15,
      receiveContextTakeover: false,
      receiveWindowBits: 15,
    });
  });

  test("a client's hints are answered, because only then they bind it (RFC 7692 section 7.2.2)", () => {
    const hints = "permessage-deflate; client_no_context_takeover; client_max_window_bits=8";
    expect(answer(hints)).toBe(hints);
    expect(agreed(hints)).toEqual({
      sendContextTakeover: true,
      sendWindowBits: 15,
      receiveContextTakeover: false,
      receiveWindowBits: 8,
    });
    // The largest window is the default and is not answered.
    expect(answer("permessage-deflate; client_max_window_bits=15")).toBe("permessage-deflate");
  });
});

describe("readDeflateResponse", () => {
  const offer = "permessage-deflate; client_max_window_bits";
  const unlimited = {
    sendContextTakeover: true,
    sendWindowBits: 15,
    receiveContextTakeover: true,
    receiveWindowBits: 15,
  };

  test.each([
    ["permessage-deflate", {}],
    // Without a request: sections 7.1.1.1, 7.1.1.2 and 7.1.2.1 allow all three.
    ["permessage-deflate; server_no_context_takeover", { receiveContextTakeover: false }],
    ["permessage-deflate; client_no_context_takeover", { sendContextTakeover: false }],
    ["permessage-deflate; server_max_window_bits=8", { receiveWindowBits: 8 }],
    ["permessage-deflate; client_max_window_bits=15", {}],
    ['permessage-deflate; client_max_window_bits="10"', { sendWindowBits: 10 }],
    // zlib has no window that small, so the client will send everything uncompressed.
    ["permessage-deflate; client_max_window_bits=8", { sendWindowBits: 8 }],
  ])("accepts %j for an offer of the largest windows", (response, limits) => {
    expect(read(response, offer)).toEqual({ ...unlimited, ...limits });
  });

  test.each([
    "foo",
    "Permessage-Deflate",
    // Only an offer may contain it without a value.
    "permessage-deflate; client_max_window_bits",
    ...invalidParameters.map((parameter) => `permessage-deflate; ${parameter}`),
  ])("refuses %j for any offer", (response) => {
    expect(read(response, offer)).toBeUndefined();
  });

  test("a response must accept the requests as they were made", () => {
    const request =
      "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; server_no_context_takeover";
    const accepted = "permessage-deflate; server_no_context_takeover; server_max_window_bits=";
    expect(read(`${accepted}12`, request)).toEqual({
      sendContextTakeover: true,
      sendWindowBits: 12,
      receiveContextTakeover: false,
      receiveWindowBits: 12,
    });
    expect(read(`${accepted}8; client_max_window_bits=11`, request)).toEqual({
      sendContextTakeover: true,
      sendWindowBits: 11,
      receiveContextTakeover: false,
      receiveWindowBits: 8,
    });
    expect(read(`${accepted}13`, request)).toBeUndefined();
    expect(read(`${accepted}12; client_max_window_bits=13`, request)).toBeUndefined();
    expect(read("permessage-deflate; server_max_window_bits=12", request)).toBeUndefined();
    expect(read("permessage-deflate; server_no_context_takeover", request)).toBeUndefined();
    expect(
      read("permessage-deflate", "permessage-deflate; server_max_window_bits=15"),
    ).toBeUndefined();
  });

  test("hints bind the client that gave them, also without an answer", () => {
    const hints = "permessage-deflate; client_no_context_takeover; client_max_window_bits=10";
    expect(read("permessage-deflate", hints)).toEqual({
      ...unlimited,
      sendContextTakeover: false,
      sendWindowBits: 10,
    });
  });

  test("a response may limit the client's window only if the client offered it", () => {
    for (const bits of [8, 10, 15]) {
      const response = `permessage-deflate; client_max_window_bits=${bits}`;
      expect(read(response, "permessage-deflate")).toBeUndefined();
    }
    expect(read("permessage-deflate", "permessage-deflate")).toEqual(unlimited);
  });

  test.each(["foo", "permessage-deflate; x", "permessage-deflate; server_max_window_bits=16"])(
    "refuses any response to the offer %j",
    (invalidOffer) => {
      expect(read("permessage-deflate", invalidOffer)).toBeUndefined();
    },
  );
});
