import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import {
  type DeflatePreferences,
  negotiateDeflate,
  offerDeflate,
  readDeflateResponse,
} from "../../src/deflate/deflate-negotiation.ts";
import {
  type Extension,
  formatExtensionList,
  parseExtensionList,
} from "../../src/handshake/extension-list.ts";
import { breachesOf, isValidOffer, textOf } from "./deflate-rules.ts";

const wishes: fc.Arbitrary<DeflatePreferences> = fc.record({
  contextTakeover: fc.boolean(),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

const windowBits = fc.integer({ min: 8, max: 15 });
const validParameters = fc
  .tuple(
    fc.option(fc.constant("server_no_context_takeover")),
    fc.option(fc.constant("client_no_context_takeover")),
    fc.option(windowBits.map((bits) => `server_max_window_bits=${bits}`)),
    fc.option(
      fc
        .option(windowBits)
        .map((bits) => `client_max_window_bits${bits === null ? "" : `=${bits}`}`),
    ),
  )
  .map((parameters) => parameters.filter((parameter) => parameter !== null))
  .chain((parameters) => fc.shuffledSubarray(parameters, { minLength: parameters.length }));

const strangeParameter = fc.constantFrom(
  ...["__proto__", "__proto__=9", "constructor", "x", "server_max_window_bits=16"],
  ...["server_max_window_bits", "client_max_window_bits=07", "client_no_context_takeover=1"],
  ...["server_no_context_takeover", "client_max_window_bits=9"],
);
/** Mostly valid offers. All are valid in the header's grammar. */
const offerText = fc.oneof(
  { weight: 5, arbitrary: validParameters.map(textOf) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(validParameters, strangeParameter)
      .map(([parameters, strange]) => textOf([...parameters, strange])),
  },
  { weight: 1, arbitrary: fc.constantFrom("foo", "x; server_max_window_bits=9", "__proto__") },
);

function textsOf(extension: Extension): string {
  return formatExtensionList([extension]);
}

test("a client accepts any response of our server to its offer, and both can read", () => {
  let answers = 0;
  fc.assert(
    fc.property(fc.array(offerText, { maxLength: 5 }), wishes, (texts, serverWishes) => {
      const offers = parseExtensionList(texts) ?? [];
      const accepted = negotiateDeflate(offers, serverWishes);
      // It makes no difference whether the header is in one line or in several.
      expect(negotiateDeflate(parseExtensionList([texts.join(",")]) ?? [], serverWishes)).toEqual(
        accepted,
      );
      // It is the first offer that would be accepted alone.
      const index = offers.findIndex(
        (offer) => negotiateDeflate([offer], serverWishes) !== undefined,
      );
      expect(accepted).toEqual(
        index < 0 ? undefined : negotiateDeflate([offers[index]], serverWishes),
      );
      if (accepted === undefined) return;
      answers++;
      expect(isValidOffer(texts[index])).toBe(true);
      expect(breachesOf(texts[index], textsOf(accepted.response))).toEqual([]);
      const client = readDeflateResponse(accepted.response, offers[index]);
      const server = accepted.agreement;
      if (client === undefined) throw new Error("the client refused");
      expect(client.receiveContextTakeover || !server.sendContextTakeover).toBe(true);
      expect(server.receiveContextTakeover || !client.sendContextTakeover).toBe(true);
      expect(client.receiveWindowBits).toBeGreaterThanOrEqual(server.sendWindowBits);
      expect(server.receiveWindowBits).toBeGreaterThanOrEqual(client.sendWindowBits);
      expect(server.sendWindowBits).toBeGreaterThanOrEqual(9);
      expect(server.sendWindowBits).toBeLessThanOrEqual(serverWishes.windowBits);
      expect(server.sendContextTakeover && !serverWishes.contextTakeover).toBe(false);
      expect(server.receiveContextTakeover && !serverWishes.contextTakeover).toBe(false);
    }),
    { numRuns: runs(2_000) },
  );
  expect(answers).toBeGreaterThan(0);
});

test("neither the order of parameters nor quotes around values matter", () => {
  const quoted = (text: string) => text.replace(/=(\d+)/g, '="$1"');
  const shuffles = validParameters.chain((parameters) =>
    fc.tuple(
      fc.constant(parameters),
      fc.shuffledSubarray(parameters, { minLength: parameters.length }),
    ),
  );
  fc.assert(
    fc.property(shuffles, wishes, ([parameters, shuffled], serverWishes) => {
      const one = parseExtensionList([textOf(parameters)]) ?? [];
      const other = parseExtensionList([quoted(textOf(shuffled))]) ?? [];
      expect(negotiateDeflate(other, serverWishes)).toEqual(negotiateDeflate(one, serverWishes));
    }),
  );
});

test("our client and our server read the same agreement from the headers", () => {
  fc.assert(
    fc.property(wishes, wishes, (clientWishes, serverWishes) => {
      const offer = offerDeflate(clientWishes);
      const accepted = negotiateDeflate(parseExtensionList([textsOf(offer)]) ?? [], serverWishes);
      if (accepted === undefined) throw new Error("the server declined");
      const [response] = parseExtensionList([textsOf(accepted.response)]) ?? [];
      const client = readDeflateResponse(response, offer);
      const { agreement: server } = accepted;
      expect(client?.sendContextTakeover).toBe(server.receiveContextTakeover);
      expect(client?.sendWindowBits).toBe(server.receiveWindowBits);
      // In the other direction they are the same only for what the client asked for.
      if (!clientWishes.contextTakeover || serverWishes.contextTakeover) {
        expect(client?.receiveContextTakeover).toBe(server.sendContextTakeover);
      }
      if (clientWishes.windowBits < 15 || serverWishes.windowBits === 15) {
        expect(client?.receiveWindowBits).toBe(server.sendWindowBits);
      }
    }),
  );
});
