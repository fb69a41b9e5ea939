import { describe, expect, test } from "vitest";
import { deflatorMemory, inflatorMemory } from "../../src/extension/compressor-pool.ts";
import { acceptDeflateOffer, DeflateOffer } from "../../src/extension/deflate-handshake.ts";
import {
  type Extension,
  formatExtensionList,
  parseExtensionList,
} from "../../src/extension/extension-list.ts";
import type { PerMessageDeflate } from "../../src/extension/permessage-deflate.ts";
import { bytes } from "../bytes.ts";
import { receive, takeFrames } from "../connection/drive.ts";
import { openCompressed, settingsFor } from "./compressors.ts";

const window = inflatorMemory(15);
const parse = (...lines: string[]): Extension[] => parseExtensionList(lines) ?? [];

/** Whether a connection reads a second message that refers to the first. */
function keepsReceiveWindow(deflate: PerMessageDeflate): boolean {
  const connection = openCompressed("client", deflate);
  const wire = ["c1 07 f2 48 cd c9 c9 07 00", "c1 05 f2 00 11 00 00"].map(bytes);
  const events = receive(connection, wire);
  connection.end();
  return events[1] === "text Hello";
}

describe("acceptDeflateOffer", () => {
  test.each([
    [false, "permessage-deflate", "permessage-deflate; client_no_context_takeover", false],
    [true, "permessage-deflate", "permessage-deflate", true],
    [
      true,
      "permessage-deflate; client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover",
      false,
    ],
    [
      true,
      "x, permessage-deflate; bad, permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
      true,
    ],
  ])("with contextTakeover %s answers %j with %j", (contextTakeover, offer, expected, isKept) => {
    const settings = settingsFor({ contextTakeover });
    const accepted = acceptDeflateOffer(parse(offer), settings);
    if (accepted === undefined) throw new Error("not accepted");
    expect(formatExtensionList([accepted.response])).toBe(expected);
    expect(settings.pool.memory).toBe(isKept ? window : 0);
    expect(keepsReceiveWindow(accepted.deflate)).toBe(isKept);
    // What a connection without a window used is there for the next one.
    expect(settings.pool.memory).toBe(isKept ? 0 : window);
  });

  test("reserves no more than the client's window needs", () => {
    const settings = settingsFor({ contextTakeover: true, windowBits: 10 });
    const accepted = acceptDeflateOffer(
      parse("permessage-deflate; client_max_window_bits"),
      settings,
    );
    expect(settings.pool.memory).toBe(inflatorMemory(10));
    accepted?.deflate.close();
    expect(settings.pool.memory).toBe(0);
  });

  test.each(["permessage-deflate; x", "x", "permessage-deflate; server_max_window_bits=8"])(
    "declines %j and keeps nothing",
    (offer) => {
      const settings = settingsFor({ contextTakeover: true });
      expect(acceptDeflateOffer(parse(offer), settings)).toBeUndefined();
      expect(settings.pool.memory).toBe(0);
      expect(acceptDeflateOffer([], settings)).toBeUndefined();
    },
  );

  test("tells the client to keep no window when there is no memory for one more", () => {
    const settings = settingsFor({ contextTakeover: true, maxMemory: 2 * window });
    const answers = [1, 2, 3].map(() => {
      const accepted = acceptDeflateOffer(parse("permessage-deflate"), settings);
      if (accepted === undefined) throw new Error("not accepted");
      return accepted;
    });
    expect(answers.map(({ response }) => formatExtensionList([response]))).toEqual([
      "permessage-deflate",
      "permessage-deflate",
      "permessage-deflate; client_no_context_takeover",
    ]);
    expect(answers.map(({ deflate }) => deflate.keepsWindow)).toEqual([true, true, false]);
    expect(settings.pool.memory).toBe(2 * window);
    answers[0].deflate.close();
    expect(settings.pool.memory).toBe(window);
    const next = acceptDeflateOffer(parse("permessage-deflate"), settings);
    expect(next?.deflate.keepsWindow).toBe(true);
  });
});

describe("DeflateOffer", () => {
  const answer = (line: string) => parse(line)[0];

  test("says what the settings wish", () => {
    const offerOf = (choice: Parameters<typeof settingsFor>[0]) =>
      formatExtensionList([new DeflateOffer(settingsFor(choice)).extension]);
    expect(offerOf({ contextTakeover: true })).toBe("permessage-deflate; client_max_window_bits");
    expect(offerOf({ windowBits: 12 })).toBe(
      "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover",
    );
    expect(offerOf({ contextTakeover: true, maxMemory: window - 1 })).toBe(
      "permessage-deflate; client_max_window_bits; server_no_context_takeover; client_no_context_takeover",
    );
  });

  test("reserves a window, and gives back what the answer does not need", () => {
    const settings = settingsFor({ contextTakeover: true });
    const offer = new DeflateOffer(settings);
    expect(settings.pool.memory).toBe(window);
    const deflate = offer.accept(answer("permessage-deflate; server_max_window_bits=9"));
    if (deflate === undefined) throw new Error("not accepted");
    expect(settings.pool.memory).toBe(inflatorMemory(9));
    offer.withdraw();
    expect(settings.pool.memory).toBe(inflatorMemory(9));
    expect(keepsReceiveWindow(deflate)).toBe(true);
    expect(settings.pool.memory).toBe(0);
  });

  test("an answer that wants no window of either side", () => {
    const settings = settingsFor({ contextTakeover: true });
    const offer = new DeflateOffer(settings);
    const deflate = offer.accept(
      answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    );
    if (deflate === undefined) throw new Error("not accepted");
    expect(settings.pool.memory).toBe(0);
    expect(deflate.keepsWindow).toBe(false);
    expect(keepsReceiveWindow(deflate)).toBe(false);
  });

  test("a client that may use 256 bytes of window sends everything as it is", () => {
    const settings = settingsFor({ contextTakeover: true });
    const deflate = new DeflateOffer(settings).accept(
      answer("permessage-deflate; client_max_window_bits=8"),
    );
    if (deflate === undefined) throw new Error("not accepted");
    const connection = openCompressed("client", deflate);
    connection.send("a".repeat(1000));
    expect(takeFrames(connection)).toMatchObject([{ rsv1: false }]);
    expect(settings.pool.memory).toBeLessThan(deflatorMemory(9));
  });

  test("an answer that is none to it leaves all reserved, until it is withdrawn", () => {
    const settings = settingsFor({ contextTakeover: true });
    const offer = new DeflateOffer(settings);
    for (const line of ["permessage-deflate; client_max_window_bits=16", "x"]) {
      expect(offer.accept(answer(line))).toBeUndefined();
      expect(settings.pool.memory).toBe(window);
    }
    offer.withdraw();
    offer.withdraw();
    expect(settings.pool.memory).toBe(0);
  });
});
