import { Connection } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { FrameInspector, type InspectorOptions } from "../../src/inspect/frame-inspector.ts";
import type { InspectedFrame } from "../../src/inspect/open-frame.ts";
import { compressors, deflateFor, settingsFor, takeover } from "../deflate/compressors.ts";

/** Opens real decompressors. */
export const openInflator = (windowBits: number) => compressors.openInflator(windowBits);

/** Inspects the chunks of one direction to their end. */
export function inspectAll(chunks: readonly Uint8Array[], options: InspectorOptions = {}) {
  const inspector = new FrameInspector({ openInflator, ...options });
  const frames: InspectedFrame[] = [];
  const drain = () => {
    for (let frame = inspector.next(); frame !== undefined; frame = inspector.next())
      frames.push(frame);
  };
  for (const chunk of chunks) {
    inspector.push(chunk);
    drain();
  }
  inspector.end();
  drain();
  inspector.close();
  return { frames, inspector };
}

/** The codes of all faults of all frames, in order. */
export function codesOf(frames: readonly InspectedFrame[]): string[] {
  return frames.flatMap(({ faults }) => faults.map(({ code }) => code));
}

/** Faults for which a strict endpoint does not fail. */
const ignored = ["WS_ERR_FRAME_AFTER_CLOSE", "WS_ERR_FRAME_INCOMPLETE"];

/** The code of the first fault with which a strict endpoint must fail; undefined if there is none. */
export function firstStrictCode(frames: readonly InspectedFrame[]): string | undefined {
  for (const code of codesOf(frames)) {
    if (code === "WS_ERR_FRAME_AFTER_CLOSE") return undefined;
    if (!ignored.includes(code)) return code;
  }
  return undefined;
}

/** The code with which a strict connection fails for the bytes; undefined if it does not. */
export function strictCode(
  bytes: Uint8Array,
  role: "client" | "server",
  withDeflate = false,
): string | undefined {
  const connection = new Connection(
    {
      role,
      maxMessageSize: Number.POSITIVE_INFINITY,
      maxFragments: 2 ** 30,
      drawMaskingKey: () => 0,
    },
    withDeflate ? deflateFor(settingsFor(), takeover) : undefined,
  );
  connection.receive(bytes.slice());
  for (;;) {
    const event = connection.next();
    if (event === ConnectionEvent.NeedData) break;
    if (event === ConnectionEvent.Closed) {
      const { error } = connection.closed ?? {};
      return (error as { code?: string } | undefined)?.code;
    }
  }
  connection.end();
  return undefined;
}
