import { describe, expect, test } from "vitest";
import { integers } from "../../../../test-depth.ts";
import { headerFaults } from "../../src/inspect/header-faults.ts";
import { readHeaderValues } from "../../src/inspect/header-layout.ts";
import { bytes } from "../bytes.ts";
import { brokenRules, situations } from "../oracle/legality.ts";

/** The faults of a whole header, each as `code section field@offset`. */
function faultsOf(wire: string, situation: Partial<(typeof situations)[number]> = {}): string[] {
  const data = bytes(wire);
  const values = readHeaderValues(data, data.length);
  const all = { role: "client" as const, inMessage: false, rsv1Negotiated: false, ...situation };
  return headerFaults(values, all, 100, data.length, true).map(
    ({ code, rfc, section, field, offset }) =>
      `${code.slice(7)} ${rfc === 7692 ? "7692-" : ""}${section} ${field}@${offset}`,
  );
}

test.each(situations)("lists all rules that the first two bytes break: %o", (situation) => {
  const wrong: string[] = [];
  for (const first of integers(65_536, 101)) {
    const data = Uint8Array.of(first >> 8, first);
    const faults = headerFaults(readHeaderValues(data, 2), situation, 0, 2, false);
    const found = [...new Set(faults.map(({ code }) => code))].sort();
    const broken = brokenRules(first >> 8, first & 255, situation).sort();
    if (found.join() !== broken.join())
      wrong.push(`${first.toString(16)}: ${found}, not ${broken}`);
  }
  expect(wrong).toEqual([]);
});

test("judges nothing without the second byte", () => {
  const values = readHeaderValues(bytes("73"), 1);
  expect(headerFaults(values, situations[0], 0, 1, false)).toEqual([]);
});

describe("names the field, its offset and the section", () => {
  test.each([
    [
      "b3 00",
      {},
      [
        "UNEXPECTED_RSV_2_3 5.2 rsv2@100",
        "UNEXPECTED_RSV_2_3 5.2 rsv3@100",
        "INVALID_OPCODE 5.2 opcode@100",
      ],
    ],
    ["c1 00", {}, ["UNEXPECTED_RSV_1 5.2 rsv1@100"]],
    ["c9 00", { rsv1Negotiated: true }, ["UNEXPECTED_RSV_1 7692-6 rsv1@100"]],
    ["c0 00", { rsv1Negotiated: true, inMessage: true }, ["UNEXPECTED_RSV_1 7692-6 rsv1@100"]],
    ["80 00", {}, ["INVALID_OPCODE 5.4 opcode@100"]],
    ["81 00", { inMessage: true }, ["INVALID_OPCODE 5.4 opcode@100"]],
    [
      "09 7e 00 7e",
      {},
      ["EXPECTED_FIN 5.5 fin@100", "INVALID_CONTROL_PAYLOAD_LENGTH 5.5 payloadLength@101"],
    ],
    ["81 00", { role: "server" as const }, ["EXPECTED_MASK 5.1 mask@101"]],
    ["81 80 00 00 00 00", {}, ["UNEXPECTED_MASK 5.1 mask@101"]],
    ["81 7e 00 05", {}, ["INVALID_PAYLOAD_LENGTH 5.2 extendedPayloadLength@102"]],
    ["81 7f 8000000000000000", {}, ["INVALID_PAYLOAD_LENGTH 5.2 extendedPayloadLength@102"]],
  ])("%s %o", (wire, situation, faults) => {
    expect(faultsOf(wire, situation)).toEqual(faults);
  });
});
