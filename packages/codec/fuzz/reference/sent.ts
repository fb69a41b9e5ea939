import { hex } from "../../test/bytes.ts";
import { check, checkSame } from "./check.ts";
import type { ReferenceConnection } from "./connection.ts";
import { type ReceivedFrame, readAll } from "./receiver.ts";

/**
 * Checks the bytes that a connection wrote: whole frames that its peer finds no fault with, those
 * of the reference in their order, and none after a Close frame.
 *
 * @param role - The writer's.
 * @param failed - Whether the connection was failed: then its Close frame's reason is its own.
 */
export function checkSent(
  output: Uint8Array,
  role: "client" | "server",
  reference: ReferenceConnection,
  failed: boolean,
): void {
  const { frames, partial, faults } = readAll(output, {
    role: role === "client" ? "server" : "client",
    rsv1Negotiated: false,
    maxMessageSize: 2 ** 40,
    maxFragments: 1,
  });
  check(faults.length === 0, `a frame that is sent breaks ${faults.join(", ")}`);
  check(partial === undefined, "a part of a frame is sent");
  const length = frames.reduce((sum, frame) => sum + encodedLength(frame, role), 0);
  check(length === output.length, "bytes are sent that are no frame");
  const closeIndex = frames.findIndex(({ opcode }) => opcode === 8);
  check(closeIndex < 0 || closeIndex === frames.length - 1, "something follows a Close frame");

  const sent = frames.map(({ opcode, payload }) => `${opcode} ${hex(payload)}`);
  const expected = [...reference.sent];
  if (failed) for (const list of [sent, expected]) cutReason(list);
  if (reference.crowded) checkPongs(sent, expected);
  const isKept = (frame: string) => !reference.crowded || !frame.startsWith("10 ");
  checkSame(sent.filter(isKept).join("\n"), expected.filter(isKept).join("\n"), "sent frames");
}

function encodedLength({ payload }: ReceivedFrame, role: "client" | "server"): number {
  const lengthOctets = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  return 2 + lengthOctets + (role === "client" ? 4 : 0) + payload.length;
}

/** Leaves opcode and status code of a Close frame at the end. */
function cutReason(frames: string[]): void {
  const last = frames.pop();
  if (last !== undefined) frames.push(last.startsWith("8 ") ? last.slice(0, 6) : last);
}

/** Pongs may be left out, but not change their order; the last one is sent unless a Close frame is. */
function checkPongs(sent: readonly string[], expected: readonly string[]): void {
  const isPong = (frame: string) => frame.startsWith("10 ");
  const answers = expected.filter(isPong);
  let at = 0;
  for (const pong of sent.filter(isPong)) {
    at = answers.indexOf(pong, at) + 1;
    check(at > 0, "a Pong answers no Ping, or comes out of order");
  }
  const closes = expected.some((frame) => frame.startsWith("8 "));
  check(closes || answers.at(-1) === sent.filter(isPong).at(-1), "the last Ping is not answered");
}
