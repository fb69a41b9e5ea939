import { complete, more, requestWith } from "../../src/cases/server-handshake-case.ts";
import { httpHead } from "../../src/opening-handshake.ts";
import type { Attack } from "../instrument/attack.ts";
import { expectLinear } from "../instrument/doubling.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "handshakes";

/** Fills a length in bytes with numbered words, each different. */
function words(length: number, separator: string): string {
  let text = "";
  for (let number = 0; text.length < length; number++) text += `w${number}${separator}`;
  return text;
}

const extensions = (value: string) => more(`Sec-WebSocket-Extensions: ${value}`);
const repeat = (text: string, length: number) => text.repeat(length / text.length);

/**
 * Heads of a length in bytes that take naive parsers quadratic or exponential time: what repeats
 * can be matched in many ways, and does not match in the end.
 */
const costly: Readonly<Record<string, (length: number) => Uint8Array>> = {
  "escapes in a quoted string": (n) => extensions(`x; a="${repeat("\\a", n)}`),
  "backslashes in a quoted string": (n) => extensions(`x; a="${repeat("\\\\", n)}"; =`),
  "quotes without end": (n) => extensions(`x; a=${repeat('""', n)}`),
  "parameters of one name": (n) => extensions(`x${repeat("; a", n)};`),
  "parameters that differ": (n) => extensions(`permessage-deflate; ${words(n, "=1; ")}`),
  "offers that differ": (n) => extensions(`${words(n, ", ")}`),
  "offers of permessage-deflate": (n) => extensions(`${repeat("permessage-deflate,", n)} `),
  "commas and spaces": (n) => extensions(`x${repeat(" ,", n)};`),
  "spaces before a semicolon": (n) => extensions(`x${repeat(" ", n)}y`),
  "subprotocols that differ": (n) => more(`Sec-WebSocket-Protocol: ${words(n, ", ")}x`),
  "subprotocols of one name": (n) => more(`Sec-WebSocket-Protocol: ${repeat("a,", n)}a`),
  "tokens of Connection": (n) =>
    requestWith({ Connection: `Connection: ${words(n, ",")}, Upgrade` }),
  "tabs around Upgrade": (n) =>
    requestWith({ "Upgrade:": `Upgrade:${repeat(" \t", n / 2)}websocket${repeat("\t ", n / 2)}.` }),
  "spaces within a value": (n) => more(`X-Other: a${repeat(" ", n)}b`),
  "labels of a host": (n) => requestWith({ Host: `Host: ${repeat("a.", n)}@` }),
  "percent signs in a target": (n) => requestWith({ GET: `GET /${repeat("%2", n)} HTTP/1.1` }),
  "dots in a target": (n) => requestWith({ GET: `GET ${repeat("/..", n)} HTTP/1.1` }),
  "pairs of a cookie": (n) => more(`Cookie: ${words(n, "=1;")}`),
  "a request line without end": (n) => requestWith({ GET: `GET /${repeat("a", n)}` }),
  "90 lines of one name": (n) => more(...Array(90).fill(`X-A: ${repeat("a", n / 90 - 8)}`)),
  "digits of Content-Length": (n) => more(`Content-Length: ${repeat("0", n)}`),
};

/** Sends a head on a new connection, and reads the status of the answer. */
async function statusOf(scene: Scene, head: Uint8Array): Promise<string> {
  const peer = await scene.connect();
  await peer.send(head);
  const status = await peer.takeStatus();
  peer.destroy();
  return status;
}

async function doubleHeads(scene: Scene): Promise<void> {
  for (const [name, headOf] of Object.entries(costly)) {
    await expectLinear(scene, name, 7_500, async (size) => {
      const head = headOf(size);
      await scene.times(scene.size(20, 10), () => statusOf(scene, head));
    });
  }
}

/** Sends a head in pieces of one byte each: its end must not be searched from the start again. */
async function dripHeads(scene: Scene): Promise<void> {
  await expectLinear(scene, "one byte per segment", scene.size(7_500, 2_500), async (size) => {
    const head = more(`X-Long: ${"a".repeat(size)}`);
    await scene.times(scene.size(10, 2), async () => {
      const peer = await scene.connect();
      for (let at = 0; at < head.length; at++) await peer.write(head.subarray(at, at + 1));
      scene.expect("a dripped head", await peer.takeStatus(), "101");
      peer.destroy();
    });
  });
}

async function manyLines(scene: Scene): Promise<void> {
  const lines = Array.from({ length: 10_000 }, (_, number) => `X-${number}: ${number}`);
  const head = httpHead(...complete, ...lines);
  const statuses = await scene.times(scene.size(500, 50), () => statusOf(scene, head));
  for (const status of new Set(statuses)) scene.expect("10,000 lines", status, "431");
}

/** Heads that cost a server more than their length. */
export const costlyHeads: readonly Attack[] = [
  {
    name: "10,000 header lines",
    group,
    about: "500 heads of 10,000 lines (short: 50)",
    thresholds: { memory: 96 },
    run: manyLines,
  },
  {
    name: "heads against naive parsers",
    group,
    about: `${Object.keys(costly).length} kinds of heads of 7.5 and 15 KB; CPU time must be linear`,
    thresholds: { memory: 96 },
    run: doubleHeads,
  },
  {
    name: "heads byte by byte",
    group,
    about: "heads in segments of one byte; CPU time must be linear",
    // On a slow machine it takes longer than the default.
    setup: { options: { handshakeTimeout: 120_000 } },
    thresholds: { memory: 96 },
    run: dripHeads,
  },
];
