import { expect, test } from "vitest";
import { rows } from "../../../../test-depth.ts";
import {
  negotiateDeflate,
  offerDeflate,
  readDeflateResponse,
} from "../../src/deflate/deflate-negotiation.ts";
import { type Extension, formatExtensionList } from "../../src/handshake/extension-list.ts";
import {
  breachesOf,
  clientAgreement,
  everyWish,
  isValidOffer,
  serverAgreement,
  serverAnswer,
  textOf,
} from "./deflate-rules.ts";

const names = [
  "server_no_context_takeover",
  "client_no_context_takeover",
  "server_max_window_bits",
  "client_max_window_bits",
];
const validBits = ["8", "9", "10", "11", "12", "13", "14", "15"];

/** All lists with one element of each of `choices`: their Cartesian product. */
function productOf<T>(choices: readonly (readonly T[])[]): T[][] {
  let lists: T[][] = [[]];
  for (const choice of choices) {
    lists = lists.flatMap((list) => choice.map((each) => [...list, each]));
  }
  return lists;
}

interface Case {
  readonly text: string;
  readonly extension: Extension;
}

/** Every subset of the four parameters with each of these values. undefined means no value. */
function casesOf(valuesOf: (name: string) => readonly (string | undefined)[]): Case[] {
  const choices = names.map((name) => [
    [],
    ...valuesOf(name).map((value): [string, string | undefined] => [name, value]),
  ]);
  return productOf(choices).map((list) => {
    const parameters = list.filter((each) => each.length > 0) as [string, string | undefined][];
    const parts = parameters.map(([name, value]) =>
      value === undefined ? name : `${name}=${value}`,
    );
    return { text: textOf(parts), extension: { name: "permessage-deflate", parameters } };
  });
}

/** Valid and invalid cases. A header cannot contain an empty value. */
const anyCases = casesOf(() => [undefined, "7", "8", "9", "10", "15", "16", "08", "+9", "", "x"]);
const validResponses = casesOf((name) => (name.includes("window") ? validBits : [undefined]));
const validOffers = casesOf((name) => {
  if (!name.includes("window")) return [undefined];
  return name.startsWith("client") ? [undefined, ...validBits] : validBits;
});

/** Sorts the parameters for comparison, because their order has no meaning. */
function sortedText(text: string): string {
  return text.split("; ").sort().join("; ");
}

test("a server answers every offer as the RFC says, with any preferences", () => {
  const wrong: unknown[] = [];
  let accepted = 0;
  for (const { text, extension } of [...anyCases, ...validOffers]) {
    for (const wishes of everyWish) {
      const parameters = serverAnswer(text, wishes);
      const expected = parameters && {
        response: sortedText(textOf(parameters)),
        agreement: serverAgreement(parameters, wishes),
      };
      const answer = negotiateDeflate([extension], wishes);
      const actual = answer && {
        response: sortedText(formatExtensionList([answer.response])),
        agreement: answer.agreement,
      };
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        wrong.push({ text, wishes, actual, expected });
      }
      if (actual !== undefined) accepted++;
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  // For each of the four parameters, the number of accepted forms. In `anyCases`: absent or without a
  // value (twice), absent or one of 3 values, and absent, without a value or one of 4 values.
  // Then the same for `validOffers`, with all valid values.
  expect(accepted).toBe((2 * 2 * 4 * 6 + 2 * 2 * 8 * 10) * everyWish.length);
});

test("no response of a server breaks a rule for responses", () => {
  const wrong: unknown[] = [];
  for (const { text, extension } of validOffers) {
    for (const wishes of everyWish) {
      const answer = negotiateDeflate([extension], wishes);
      if (answer === undefined) continue;
      const response = formatExtensionList([answer.response]);
      const breaches = breachesOf(text, response);
      if (breaches.length > 0) wrong.push({ text, wishes, response, breaches });
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
});

/** Compares readings with the rules. Returns the differences and the number of valid responses. */
function compareReadings(offers: readonly Case[], responses: readonly Case[]) {
  const wrong: unknown[] = [];
  let accepted = 0;
  for (const offer of offers) {
    for (const response of responses) {
      const isGood = breachesOf(offer.text, response.text).length === 0;
      const expected = isGood ? clientAgreement(offer.text, response.text) : undefined;
      const actual = readDeflateResponse(response.extension, offer.extension);
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        wrong.push({ offer: offer.text, response: response.text, actual, expected });
      }
      if (actual !== undefined) accepted++;
    }
  }
  return { wrong: wrong.slice(0, 3), accepted };
}

test("a client reads every response to its own offers as the RFC says", () => {
  const offers = everyWish.map((wishes) => {
    const extension = offerDeflate(wishes);
    return { text: formatExtensionList([extension]), extension };
  });
  const { wrong, accepted } = compareReadings(offers, rows(anyCases));
  expect(wrong).toEqual([]);
  expect(accepted).toBeGreaterThan(0);
});

test("a client reads every valid response to every valid offer as the RFC says", () => {
  const { wrong, accepted } = compareReadings(validOffers, rows(validResponses));
  expect(wrong).toEqual([]);
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(validOffers.length * rows(validResponses).length);
});

test("no response to an invalid offer is accepted", () => {
  const accepted = anyCases
    .filter(({ text }) => !isValidOffer(text))
    .filter(({ extension }) =>
      validResponses
        .slice(0, 12)
        .some((response) => readDeflateResponse(response.extension, extension) !== undefined),
    );
  expect(accepted).toEqual([]);
});

test("our client and our server agree with any preferences", () => {
  for (const clientWishes of everyWish) {
    const offer = offerDeflate(clientWishes);
    for (const serverWishes of everyWish) {
      const accepted = negotiateDeflate([offer], serverWishes);
      const client = accepted && readDeflateResponse(accepted.response, offer);
      const windowBits = Math.min(clientWishes.windowBits, serverWishes.windowBits);
      const contextTakeover = clientWishes.contextTakeover && serverWishes.contextTakeover;
      expect(accepted?.agreement).toEqual({
        sendContextTakeover: contextTakeover,
        sendWindowBits: windowBits,
        receiveContextTakeover: contextTakeover,
        receiveWindowBits: windowBits,
      });
      expect(client).toEqual({
        sendContextTakeover: contextTakeover,
        sendWindowBits: windowBits,
        // The server does not announce a limit that it was not asked for, so a client that can
        // receive everything stays prepared for it.
        receiveContextTakeover: clientWishes.contextTakeover,
        receiveWindowBits: clientWishes.windowBits === 15 ? 15 : windowBits,
      });
    }
  }
});
