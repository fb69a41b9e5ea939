import { hex } from "../../packages/codec/test/bytes.ts";
import { check, checkSame } from "./check.ts";
import type { ReferenceConnection } from "./connection.ts";
import { type ReceivedFrame, readAll } from "./receiver.ts";

/**
 * Checks the bytes that a connection wrote: complete frames that the peer accepts, those of the
 * reference in their order, and none after a Close frame.
 *
 * @param role - The role of the connection that wrote.
 * @param failed - Whether the connection was failed. Its Close frame may then have any reason.
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
  check(faults.length === 0, `a sent frame breaks ${faults.join(", ")}`);
  check(partial === undefined, "an incomplete frame was sent");
  const length = frames.reduce((sum, frame) => sum + encodedLength(frame, role), 0);
  check(length === output.length, "bytes were sent that are not a frame");
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

/** Removes the reason of a final Close frame, leaving opcode and status code. */
function cutReason(frames: string[]): void {
  const last = frames.pop();
  if (last !== undefined) frames.push(last.startsWith("8 ") ? last.slice(0, 6) : last);
}

/** Pongs may be omitted but not reordered. The last one is sent unless a Close frame is. */
function checkPongs(sent: readonly string[], expected: readonly string[]): void {
  const isPong = (frame: string) => frame.startsWith("10 ");
  const answers = expected.filter(isPong);
  let at = 0;
  for (const pong of sent.filter(isPong)) {
    at = answers.indexOf(pong, at) + 1;
    check(at > 0, "a Pong answers no Ping or is out of order");
  }
  const closes = expected.some((frame) => frame.startsWith("8 "));
  check(closes || answers.at(-1) === sent.filter(isPong).at(-1), "the last Ping was not answered");
}
