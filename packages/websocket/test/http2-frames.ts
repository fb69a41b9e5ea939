/** Types of frames (RFC 9113 section 6). */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. `ack` is that of SETTINGS and PING, `endStream` that of DATA and HEADERS. */
export const flags = { ack: 1, endStream: 1, endHeaders: 4 } as const;

/** Settings (RFC 9113 section 6.5.2, RFC 8441 section 3). */
export const settingIds = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  enableConnectProtocol: 8,
} as const;

/** What a client sends first (RFC 9113 section 3.4). */
export const clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Returns a frame of HTTP/2 (RFC 9113 section 4.1). */
export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Returns a header block whose headers are literals (RFC 7541 section 6.2.2). */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => [
    Buffer.from([0]),
    ...[name, value].flatMap((text) => [integer(text.length), Buffer.from(text, "latin1")]),
  ]);
  return Buffer.concat(parts);
}

/** An integer with a prefix of 7 bits (RFC 7541 section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** Returns a SETTINGS frame. */
export function settingsFrame(
  settings: Partial<Record<keyof typeof settingIds, number>> = {},
): Buffer {
  const entries = Object.entries(settings).map(([name, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(settingIds[name as keyof typeof settingIds], 0);
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  return http2Frame(frameTypes.settings, 0, 0, Buffer.concat(entries));
}

/** Returns a frame whose payload is one number, such as RST_STREAM and WINDOW_UPDATE. */
export function numberFrame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return http2Frame(type, 0, streamId, payload);
}

/** Returns a GOAWAY frame (RFC 9113 section 6.8). */
export function goawayFrame(lastStreamId: number, code: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStreamId);
  payload.writeUInt32BE(code, 4);
  return http2Frame(frameTypes.goaway, 0, 0, payload);
}

/** Returns a HEADERS frame with a whole header block. */
export function headersFrame(
  streamId: number,
  headers: Readonly<Record<string, string>>,
  isEnd = false,
): Buffer {
  const set = flags.endHeaders | (isEnd ? flags.endStream : 0);
  return http2Frame(frameTypes.headers, set, streamId, headerBlock(headers));
}

/** Returns a PUSH_PROMISE frame with a whole header block (RFC 9113 section 6.6). */
export function pushPromiseFrame(
  streamId: number,
  promised: number,
  headers: Readonly<Record<string, string>>,
): Buffer {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(promised);
  const payload = Buffer.concat([id, headerBlock(headers)]);
  return http2Frame(frameTypes.pushPromise, flags.endHeaders, streamId, payload);
}
