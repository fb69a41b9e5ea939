import { describe, expect, test } from "vitest";
import { deflatorMemory, inflatorMemory } from "../../src/deflate/compressor-pool.ts";
import { acceptDeflateOffer, DeflateOffer } from "../../src/deflate/deflate-handshake.ts";
import type { DeflateSettings } from "../../src/deflate/deflate-settings.ts";
import type { PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import {
  type Extension,
  formatExtensionList,
  parseExtensionList,
} from "../../src/handshake/extension-list.ts";
import { bytes, hex } from "../bytes.ts";
import { receive, takeFrames, takeOutput } from "../connection/drive.ts";
import { noise, openCompressed, settingsFor, windowsMemory } from "./compressors.ts";

const [deflator, inflator] = [deflatorMemory(15, 8), inflatorMemory(15)];
const both = deflator + inflator;
/** The least memory with which windows are kept. One deflator is left for other connections. */
const least = both + deflator;
const parse = (...lines: string[]): Extension[] => parseExtensionList(lines) ?? [];

/** Whether a connection can read a second message that refers to the first. */
function keepsReceiveWindow(deflate: PerMessageDeflate): boolean {
  const connection = openCompressed("client", deflate);
  const wire = ["c1 07 f2 48 cd c9 c9 07 00", "c1 05 f2 00 11 00 00"].map(bytes);
  const events = receive(connection, wire);
  connection.end();
  return events[1] === "text Hello";
}

describe("acceptDeflateOffer", () => {
  test.each([
    [false, "permessage-deflate", "permessage-deflate; client_no_context_takeover", 0],
    [true, "permessage-deflate", "permessage-deflate", both],
    [
      true,
      "permessage-deflate; client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover",
      deflator,
    ],
    [
      true,
      "x, permessage-deflate; bad, permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
      inflator,
    ],
    [
      true,
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      0,
    ],
  ])(
    "with contextTakeover %s answers %j with %j and keeps %i bytes",
    (contextTakeover, offer, expected, kept) => {
      const settings = settingsFor({ contextTakeover });
      const accepted = acceptDeflateOffer(parse(offer), settings);
      if (accepted === undefined) throw new Error("not accepted");
      expect(formatExtensionList([accepted.response])).toBe(expected);
      expect(settings.pool.memory).toBe(kept);
      expect(accepted.deflate.keepsWindow).toBe(kept >= deflator);
      const keepsClientWindow = kept === both || kept === inflator;
      expect(keepsReceiveWindow(accepted.deflate)).toBe(keepsClientWindow);
      // The inflator of a connection without a window stays in the pool for the next connection.
      expect(settings.pool.memory).toBe(keepsClientWindow ? 0 : inflator);
    },
  );

  test("keeps only the memory of the agreed windows reserved", () => {
    const settings = settingsFor({ contextTakeover: true, windowBits: 10, memLevel: 5 });
    for (const [offer, memory] of [
      ["permessage-deflate", inflator + deflatorMemory(10, 5)],
      ["permessage-deflate; client_max_window_bits", inflatorMemory(10) + deflatorMemory(10, 5)],
      ["permessage-deflate; server_max_window_bits=9", inflator + deflatorMemory(9, 5)],
    ] as const) {
      const accepted = acceptDeflateOffer(parse(offer), settings);
      expect(settings.pool.memory).toBe(memory);
      accepted?.deflate.close();
      expect(settings.pool.memory).toBe(0);
    }
  });

  test.each(["permessage-deflate; x", "x", "permessage-deflate; server_max_window_bits=8"])(
    "declines %j and reserves nothing",
    (offer) => {
      const settings = settingsFor({ contextTakeover: true });
      expect(acceptDeflateOffer(parse(offer), settings)).toBeUndefined();
      expect(settings.pool.memory).toBe(0);
      expect(acceptDeflateOffer([], settings)).toBeUndefined();
    },
  );

  const accept = (offer: string, settings: DeflateSettings) => {
    const accepted = acceptDeflateOffer(parse(offer), settings);
    if (accepted === undefined) throw new Error("not accepted");
    return accepted;
  };

  test("keeps no window if there is no memory for both directions", () => {
    const settings = settingsFor({ contextTakeover: true, maxMemory: 3 * both + deflator - 1 });
    const answers = [1, 2, 3].map(() => accept("permessage-deflate", settings));
    expect(answers.map(({ response }) => formatExtensionList([response]))).toEqual([
      "permessage-deflate",
      "permessage-deflate",
      "permessage-deflate; client_no_context_takeover",
    ]);
    expect(answers.map(({ deflate }) => deflate.keepsWindow)).toEqual([true, true, false]);
    expect(settings.pool.memory).toBe(2 * both);
    answers[0].deflate.close();
    expect(settings.pool.memory).toBe(both);
    expect(accept("permessage-deflate", settings).deflate.keepsWindow).toBe(true);
  });

  test("needs memory for both windows even if only one is kept", () => {
    for (const [parameter, kept] of [
      ["client_no_context_takeover", deflator],
      ["server_no_context_takeover", inflator],
    ] as const) {
      const offer = `permessage-deflate; ${parameter}`;
      const short = settingsFor({ contextTakeover: true, maxMemory: least - 1 });
      const { deflate } = accept(offer, short);
      expect([deflate.keepsWindow, short.pool.memory]).toEqual([false, 0]);
      expect(keepsReceiveWindow(deflate)).toBe(false);
      const enough = settingsFor({ contextTakeover: true, maxMemory: least });
      accept(offer, enough);
      expect(enough.pool.memory).toBe(kept);
    }
  });

  test("connections without windows share a deflator, the others have their own", () => {
    const choice = { contextTakeover: true, windowBits: 12, memLevel: 5 };
    const windows = windowsMemory(12, 5);
    const shared = deflatorMemory(12, 5);
    const settings = settingsFor({ ...choice, maxMemory: 2 * windows + shared });
    const text = "so many words, ".repeat(100);
    const connections = Array.from({ length: 6 }, () => {
      const { deflate } = accept("permessage-deflate", settings);
      return { connection: openCompressed("server", deflate), deflate };
    });
    expect(settings.pool.memory).toBe(2 * windows);
    // Connections with the shared deflator send first. They must not use reserved memory.
    for (const { connection, deflate } of [...connections].reverse()) {
      connection.send(text);
      connection.send(text);
      const [first, second] = takeFrames(connection);
      expect([first.rsv1, second.rsv1]).toEqual([true, true]);
      expect(second.payload.length < first.payload.length).toBe(deflate.keepsWindow);
    }
    expect(connections.map(({ deflate }) => deflate.keepsWindow)).toEqual(
      connections.map((_, index) => index < 2),
    );
    expect(new Set(connections.slice(2).map(({ deflate }) => deflate.sharedDeflator)).size).toBe(1);
    expect(settings.pool.memory).toBe(2 * windows + shared);
    for (const { connection } of connections) connection.end();
    expect(settings.pool.memory).toBe(shared);
  });
});

describe("DeflateOffer", () => {
  const answer = (line: string) => parse(line)[0];

  test("offers what the settings ask for", () => {
    const offerOf = (choice: Parameters<typeof settingsFor>[0]) =>
      formatExtensionList([new DeflateOffer(settingsFor(choice)).extension]);
    const kept = "permessage-deflate; client_max_window_bits";
    expect(offerOf({ contextTakeover: true })).toBe(kept);
    expect(offerOf({ contextTakeover: true, maxMemory: least })).toBe(kept);
    expect(offerOf({ windowBits: 12 })).toBe(
      "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover",
    );
    expect(offerOf({ contextTakeover: true, maxMemory: least - 1 })).toBe(
      "permessage-deflate; client_max_window_bits; server_no_context_takeover; client_no_context_takeover",
    );
  });

  test("reserves both windows, and releases what the response does not need", () => {
    const settings = settingsFor({ contextTakeover: true });
    const offer = new DeflateOffer(settings);
    expect(settings.pool.memory).toBe(both);
    const deflate = offer.accept(
      answer("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10"),
    );
    if (deflate === undefined) throw new Error("not accepted");
    const needed = inflatorMemory(9) + deflatorMemory(10, 8);
    expect(settings.pool.memory).toBe(needed);
    offer.withdraw();
    expect(settings.pool.memory).toBe(needed);
    expect(keepsReceiveWindow(deflate)).toBe(true);
    expect(settings.pool.memory).toBe(0);
  });

  test("a response without any windows releases both", () => {
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

  test("a client that may use only a window of 256 bytes sends everything uncompressed", () => {
    const settings = settingsFor({ contextTakeover: true });
    const deflate = new DeflateOffer(settings).accept(
      answer("permessage-deflate; client_max_window_bits=8"),
    );
    if (deflate === undefined) throw new Error("not accepted");
    const connection = openCompressed("client", deflate);
    connection.send("a".repeat(1000));
    expect(takeFrames(connection)).toMatchObject([{ rsv1: false }]);
    // No deflator will ever be opened, so no memory is kept for one.
    expect(settings.pool.memory).toBe(inflator);
  });

  test("without memory for both windows, messages are still compressed and read", () => {
    const settings = settingsFor({ contextTakeover: true, maxMemory: both - 1 });
    const offer = new DeflateOffer(settings);
    expect(settings.pool.memory).toBe(0);
    const server = acceptDeflateOffer([offer.extension], settingsFor({ contextTakeover: true }));
    const deflate = server && offer.accept(server.response);
    if (server === undefined || deflate === undefined) throw new Error("not agreed");
    expect([deflate.keepsWindow, server.deflate.keepsWindow]).toEqual([false, false]);
    const near = openCompressed("client", deflate);
    const far = openCompressed("server", server.deflate);
    const text = "so many words, ".repeat(100);
    near.send(text);
    near.send(noise(100));
    far.send(text);
    const there = takeOutput(near);
    expect(there[0]).toBe(0xc1);
    expect(receive(far, [there])).toEqual([`text ${text}`, `binary ${hex(noise(100))}`]);
    expect(receive(near, [takeOutput(far)])).toEqual([`text ${text}`]);
    // The shared deflator. The inflator did not fit and was counted as receive memory.
    expect(settings.pool.memory).toBe(both - inflator);
  });

  test("an invalid response leaves the memory reserved until withdraw", () => {
    const settings = settingsFor({ contextTakeover: true });
    const offer = new DeflateOffer(settings);
    for (const line of ["permessage-deflate; client_max_window_bits=16", "x"]) {
      expect(offer.accept(answer(line))).toBeUndefined();
      expect(settings.pool.memory).toBe(both);
    }
    offer.withdraw();
    offer.withdraw();
    expect(settings.pool.memory).toBe(0);
  });

  test("a window that the server keeps against the offer is kept as well if there is memory", () => {
    const settings = settingsFor({ maxMemory: inflator });
    const deflate = new DeflateOffer(settings).accept(answer("permessage-deflate"));
    if (deflate === undefined) throw new Error("not accepted");
    expect(settings.pool.memory).toBe(inflator);
    const second = new DeflateOffer(settings);
    expect(second.accept(answer("permessage-deflate"))).toBeUndefined();
    expect(second.refusal).toContain("compression.maxMemory");
    second.withdraw();
    expect(settings.pool.memory).toBe(inflator);
    expect(keepsReceiveWindow(deflate)).toBe(true);
    expect(settings.pool.memory).toBe(0);
    const strict = new DeflateOffer(settingsFor({ strict: true }));
    expect(strict.accept(answer("permessage-deflate"))).toBeUndefined();
    expect(strict.refusal).toBe(
      "the server's permessage-deflate response does not match the offer",
    );
  });
});
