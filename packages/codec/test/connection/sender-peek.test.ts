import { expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { ascii, concat, hex, pattern } from "../bytes.ts";
import { openConnection, receiveFrames, takeFrames, takeOutput } from "./drive.ts";

type Sender = ReturnType<typeof openConnection>;

/** Takes all output by `peekBuffer`, at most `step` bytes at a time. */
function takeBuffers(sender: Sender, step: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let buffer = sender.peekBuffer(); buffer !== undefined; buffer = sender.peekBuffer()) {
    const { outputStart, outputEnd } = sender;
    const part = buffer.slice(outputStart, Math.min(outputEnd, outputStart + step));
    expect(part.length).toBeGreaterThan(0);
    parts.push(part);
    sender.advance(part.length);
  }
  return concat(parts);
}

test.each([1, 7, 1_000, 2 ** 31])(
  "peekBuffer and peek give the same bytes, %i at a time",
  (step) => {
    const open = () => {
      const sender = openConnection("server");
      sender.send("a");
      sender.send(pattern(300));
      // A message of this length is queued by reference.
      sender.send(pattern(step < 1_000 ? 0 : 70_000));
      sender.send("z");
      return sender;
    };
    const sender = open();
    expect(hex(takeBuffers(sender, step))).toBe(hex(takeOutput(open())));
    expect(sender.bufferedAmount).toBe(0);
  },
);

test("peekBuffer gives the view that peek gives", () => {
  const sender = openConnection("client");
  sender.send("Hello");
  const buffer = sender.peekBuffer();
  const view = sender.peek();
  expect(buffer?.subarray(sender.outputStart, sender.outputEnd)).toEqual(view);
  expect(view?.buffer).toBe(buffer?.buffer);
  expect(sender.outputEnd - sender.outputStart).toBe(sender.bufferedAmount);
});

test("peekBuffer gives nothing, and no bounds, if nothing was queued", () => {
  const sender = openConnection("server");
  expect([sender.peekBuffer(), sender.outputStart, sender.outputEnd]).toEqual([undefined, 0, 0]);
  expect(sender.isOutputReachable).toBe(false);
});

test("tells whether waiting bytes are copies", () => {
  const sender = openConnection("server");
  expect(sender.isOutputCopied).toBe(false);
  sender.sendPrepared(prepareMessage(pattern(300)));
  expect(sender.isOutputCopied).toBe(false);
  sender.send("a");
  expect(sender.isOutputCopied).toBe(true);
  takeBuffers(sender, 1_000);
  sender.releaseOutput();
  expect(sender.isOutputCopied).toBe(false);
});

test("tells whether user code can reach the next bytes", () => {
  const sender = openConnection("server");
  sender.send(pattern(300));
  sender.peekBuffer();
  expect(sender.isOutputReachable).toBe(false);
  sender.send(pattern(70_000));
  sender.peekBuffer();
  expect(sender.isOutputReachable).toBe(true);
});

test("peekBuffer gives a Pong that waited for other output", () => {
  const sender = openConnection("server");
  sender.send(pattern(20_000));
  receiveFrames(sender, "server", { opcode: 9, payload: ascii("p") });
  expect(takeFrames(sender).map(({ opcode }) => opcode)).toEqual([2, 10]);
  sender.send(pattern(20_000));
  receiveFrames(sender, "server", { opcode: 9, payload: ascii("p") });
  expect(hex(takeBuffers(sender, 2 ** 31).subarray(-3))).toBe("8a0170");
});
