/** Frames of HTTP/2 (RFC 9113 section 4.1). */

export const FrameType = {
  Data: 0,
  Headers: 1,
  RstStream: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
} as const;

export const frameHeadLength = 9;
/** The default of SETTINGS_MAX_FRAME_SIZE, which every server accepts. */
export const maxFrameSize = 16_384;
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const endStream = 1;
export const ack = 1;
const endHeaders = 4;

/** Writes the head of a frame. */
export function writeFrameHead(
  target: Buffer,
  at: number,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): void {
  target.writeUIntBE(length, at, 3);
  target[at + 3] = type;
  target[at + 4] = flags;
  target.writeUInt32BE(streamId, at + 5);
}

export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const frame = Buffer.alloc(frameHeadLength + payload.length);
  writeFrameHead(frame, 0, type, flags, streamId, payload.length);
  frame.set(payload, frameHeadLength);
  return frame;
}

/** Returns four octets. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Returns the opening handshake of a WebSocket (RFC 8441 section 4). */
export function connectFrame(streamId: number, scheme: string, authority: string): Buffer {
  const fields = {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": scheme,
    ":path": "/",
    ":authority": authority,
    "sec-websocket-version": "13",
  };
  // Literal fields without indexing (RFC 7541 section 6.2.2), so no table is needed.
  const block = Object.entries(fields).flatMap(([name, value]) => [
    ...[0, name.length, ...Buffer.from(name)],
    ...[value.length, ...Buffer.from(value)],
  ]);
  return http2Frame(FrameType.Headers, endHeaders, streamId, Buffer.from(block));
}

/** Whether a header block starts with `:status: 200`, which has an index (RFC 7541 appendix A). */
export function isStatus200(block: Uint8Array): boolean {
  let at = 0;
  // A change of the table's size may precede it (section 6.3).
  while ((block[at] & 0xe0) === 0x20) {
    const isLong = (block[at++] & 0x1f) === 0x1f;
    while (isLong && (block[at++] & 0x80) !== 0);
  }
  return block[at] === 0x88;
}
