import { describe, expect, test } from "vitest";
import { integers } from "../../../../test-depth.ts";
import { bytes, concat } from "../bytes.ts";
import {
  openConnection,
  type Role,
  receive,
  receiveFrames,
  takeFrames,
} from "../connection/drive.ts";
import { brokenRules } from "../oracle/legality.ts";
import { deflateFor, openCompressed, settingsFor } from "./compressors.ts";

const cases = (["client", "server"] as const).flatMap((role) =>
  (["none", "plain", "compressed"] as const).map((inMessage) => ({ role, inMessage })),
);

/** The preceding frame: none, or the first fragment of a message. */
const before = { none: [], plain: [0x02, 0x61], compressed: [0x42, 0x2a] } as const;

describe("RSV1 with permessage-deflate (RFC 7692 section 6)", () => {
  test.each(cases)("all 65,536 first two bytes of a frame: %o", ({ role, inMessage }) => {
    const situation = { role, inMessage: inMessage !== "none", rsv1Negotiated: true };
    const wrong: string[] = [];
    let compressed = 0;
    const settings = settingsFor();
    for (let byte0 = 0; byte0 < 256; byte0++) {
      for (const byte1 of integers(256)) {
        const rules = brokenRules(byte0, byte1, situation);
        const connection = openCompressed(role, deflateFor(settings));
        const [opcode, byte] = before[inMessage];
        if (opcode !== undefined) receiveFrames(connection, role, first(opcode, byte));
        const [closed] = receive(connection, [Uint8Array.of(byte0, byte1)]).filter((event) =>
          event.startsWith("closed"),
        );
        connection.end();
        const fault = closed?.split(" ");
        const right =
          rules.length === 0
            ? fault === undefined || fault[1] === "1005"
            : fault?.[1] === "1002" && rules.includes(fault[2]);
        if (!right) wrong.push(`${byte0.toString(16)} ${byte1.toString(16)}: ${closed}, ${rules}`);
        if (rules.length === 0 && (byte0 & 0x40) !== 0) compressed++;
      }
    }
    expect(wrong).toEqual([]);
    // Text and binary, with and without FIN, with any length.
    expect(compressed).toBe(
      inMessage === "none"
        ? 2 * 2 * [...integers(256)].filter((byte1) => byte1 >= 128 === (role === "server")).length
        : 0,
    );
  });

  function first(opcode: number, byte: number) {
    return { fin: false, rsv: opcode & 0x40, opcode: opcode & 0x0f, payload: [byte] };
  }

  const roles: Role[] = ["client", "server"];
  test.each(roles)("gives 1002 on any other frame after its first two bytes: %s", (role) => {
    const start = { fin: false, rsv: 0x40, opcode: 1, payload: bytes("f2 48") };
    for (const [frames, expected] of [
      [[start, { rsv: 0x40, opcode: 0, payload: bytes("cd c9 c9 07 00") }], []],
      [
        [
          { ...start, rsv: 0, payload: bytes("61") },
          { rsv: 0x40, opcode: 0, payload: bytes("48") },
        ],
        [],
      ],
      [[{ rsv: 0x40, opcode: 9 }], []],
      [[{ rsv: 0x40, opcode: 10 }], []],
      [[{ rsv: 0x40, opcode: 8 }], []],
      [[{ opcode: 9 }, { rsv: 0x40, opcode: 9 }], ["ping "]],
    ] as const) {
      const connection = openCompressed(role, deflateFor());
      expect(receiveFrames(connection, role, ...frames)).toEqual([
        ...expected,
        "closed 1002 WS_ERR_UNEXPECTED_RSV_1",
      ]);
      const sent = takeFrames(connection).at(-1);
      expect([sent?.opcode, sent?.payload.slice(0, 2)]).toEqual([8, [0x03, 0xea]]);
    }
  });

  test("control frames between compressed fragments are not compressed", () => {
    const connection = openCompressed("client", deflateFor());
    const wire = ["41 02 f2 48", "89 02 f2 48", "00 01 cd", "8a 00", "80 04 c9 c9 07 00", "88 00"];
    expect(receive(connection, [concat(wire.map(bytes))])).toEqual([
      "ping f248",
      "pong ",
      "text Hello",
      'closed 1005 "" clean',
    ]);
    expect(takeFrames(connection).every(({ rsv1 }) => !rsv1)).toBe(true);
  });

  test("uncompressed messages are received, also between compressed ones", () => {
    const connection = openCompressed("client", deflateFor());
    const wire = ["81 01 61", "c1 07 f2 48 cd c9 c9 07 00", "01 01 62", "80 01 63", "82 01 64"];
    const expected = ["text a", "text Hello", "text bc", "binary 64"];
    expect(receive(connection, [concat(wire.map(bytes))])).toEqual(expected);
  });

  test("without an extension RSV1 is a fault", () => {
    const connection = openConnection("client");
    expect(receive(connection, [bytes("c1 01")])).toEqual(["closed 1002 WS_ERR_UNEXPECTED_RSV_1"]);
  });
});
