import { FrameInspector } from "../../packages/codec/src/inspect/frame-inspector.ts";
import type { InspectedFrame } from "../../packages/codec/src/inspect/open-frame.ts";
import { hex } from "../../packages/codec/test/bytes.ts";
import {
  firstStrictCode,
  openInflator,
  strictCode,
} from "../../packages/codec/test/inspect/drive.ts";
import { Choices } from "../input/choices.ts";
import { readReceiverChoices } from "../input/receiver-options.ts";
import { cutWire, readWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";

export { frameDictionary as dictionary } from "../input/dictionaries.ts";

/** Bytes of a message and of a payload that are kept; few, so that inputs reach the limits. */
const maxPayloadLength = 200;
const maxMessageLength = 100_000;

/**
 * With any bytes in any chunks, the inspector's first fault is that of a strict connection, and its
 * frames take up all bytes. It keeps no more than it is told.
 */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const { options, scripted, chunkSizes } = readReceiverChoices(choices);
  const handshake = (choices.byte() & 1) !== 0;
  const wire = readWire(choices, options.role, scripted);
  const isHandshake = handshake && /^(?:GET |HTTP\/)/.test(Buffer.from(wire).toString("latin1"));

  const whole = inspect(options, handshake, [wire.slice()]);
  if (!isHandshake) {
    const strict = strictCode(wire, options.role, options.rsv1Negotiated);
    const found = firstStrictCode(whole.frames) ?? "none";
    // The inspector gives up long compressed messages, which a connection without a limit reads.
    if (!found.includes("UNSUPPORTED_MESSAGE_LENGTH"))
      check(found === (strict ?? "none"), `first fault ${found}, not ${strict}`);
    checkAllBytes(whole.frames, wire.length);
  }
  const pieces = inspect(options, handshake, cutWire(wire, chunkSizes));
  checkSame(pieces.toString(), whole.toString(), "chunks change the frames");
}

function inspect(
  { role, rsv1Negotiated }: { role: "client" | "server"; rsv1Negotiated: boolean },
  handshake: boolean,
  chunks: readonly Uint8Array[],
) {
  const inspector = new FrameInspector({
    ...{ role, handshake, openInflator, maxPayloadLength, maxMessageLength },
    deflate: rsv1Negotiated ? {} : undefined,
  });
  const frames: InspectedFrame[] = [];
  const drain = () => {
    for (let frame = inspector.next(); frame !== undefined; frame = inspector.next()) {
      check(frame.payload.length <= maxPayloadLength, "too much of a payload is kept");
      check((frame.completed?.payload?.length ?? 0) <= maxMessageLength, "a message is too long");
      frames.push(frame);
    }
  };
  for (const chunk of chunks) {
    inspector.push(chunk);
    drain();
  }
  inspector.end();
  drain();
  inspector.close();
  const { endFaults } = inspector;
  return { frames, toString: () => describe([...frames, ...endFaults]) };
}

function checkAllBytes(frames: readonly InspectedFrame[], length: number): void {
  let offset = 0;
  for (const frame of frames) {
    check(frame.offset === offset, `a frame starts at ${frame.offset}, not at ${offset}`);
    offset += frame.header.length + frame.receivedLength;
  }
  check(offset === length, `frames end at ${offset} of ${length} bytes`);
}

function describe(values: readonly object[]): string {
  return JSON.stringify(values, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array ? hex(value) : value;
  });
}
