import * as zlib from "node:zlib";
import { compressorPool } from "@framewright/websocket/transport/extras";
import { Connection } from "../../packages/codec/src/connection/connection.ts";
import { ConnectionEvent } from "../../packages/codec/src/connection/events.ts";
import {
  deflatorMemory,
  inflatorMemory,
} from "../../packages/codec/src/deflate/compressor-pool.ts";
import { PerMessageDeflate } from "../../packages/codec/src/deflate/permessage-deflate.ts";
import { ReceiveMemory } from "../../packages/codec/src/message/receive-memory.ts";
import { concat, cut, hex } from "../../packages/codec/test/bytes.ts";
import { takeOutput } from "../../packages/codec/test/connection/drive.ts";
import { readFrames } from "../../packages/codec/test/oracle/frame-reader.ts";
import { frameFor } from "../../packages/codec/test/oracle/frame-writer.ts";
import { ReferenceInflator } from "../../packages/codec/test/oracle/inflate.ts";
import { Choices } from "../input/choices.ts";
import { cutWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";

export { deflateDictionary as dictionary } from "../input/dictionaries.ts";

const pool = compressorPool(() => zlib)();
const unlimited = 2 ** 30;
const turnLengths = [unlimited, 1, 1000, 100_000];
const messageSizes = [1 << 20, 100, 1000, 65_536];
const faults = [
  "WS_ERR_INVALID_DEFLATE_DATA",
  "WS_ERR_INVALID_UTF8",
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
];
/** Echoes of at least this many bytes are compressed. */
const threshold = 5;
/** Longer scripts take time and find nothing new. */
const mostMessages = 12;

interface Settings {
  role: "client" | "server";
  keepsWindow: boolean;
  maxMemory: number;
  maxMessageSize: number;
  /** Maximum bytes per turn when the bytes arrive in chunks. */
  maxInflatedPerTurn: number;
  maxFramesPerTurn: number;
}

interface Message {
  isText: boolean;
  payload: Uint8Array;
  /** Length of its fragments in bytes. */
  fragment: number;
}

/** Compressed messages, damaged or not, are read as node:zlib's public interface reads them. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const flags = choices.byte();
  const settings: Settings = {
    role: flags & 1 ? "client" : "server",
    keepsWindow: (flags & 2) !== 0,
    maxMemory: flags & 4 ? 0 : 2 ** 40,
    maxMessageSize: messageSizes[(flags >> 3) & 3],
    maxInflatedPerTurn: turnLengths[(flags >> 5) & 3],
    maxFramesPerTurn: flags & 0x80 ? 1 : unlimited,
  };
  const oneTurn = { maxInflatedPerTurn: unlimited, maxFramesPerTurn: unlimited };
  const chunkSizes = choices.chunkSizes();
  const messages: Message[] = [];
  while (choices.left > 0 && messages.length < mostMessages) messages.push(readMessage(choices));
  const wire = concat(messages.flatMap((message) => framesOf(message, settings.role)));
  const expected = readAsReference(messages, settings).join("\n");
  checkSame(
    run([wire.slice()], { ...settings, ...oneTurn }).join("\n"),
    expected,
    "the messages differ",
  );
  checkSame(run(cutWire(wire, chunkSizes), settings).join("\n"), expected, "messages in chunks");
}

function readMessage(choices: Choices): Message {
  const shape = choices.byte();
  const bytes = choices.bytes(choices.byte());
  const message = { isText: (shape & 1) !== 0, fragment: 1 + choices.byte() };
  const kind = (shape >> 1) & 3;
  if (kind === 0) return { ...message, payload: bytes };
  const { Z_SYNC_FLUSH, Z_FINISH } = zlib.constants;
  const finishFlush = kind === 1 ? Z_FINISH : Z_SYNC_FLUSH;
  const source = kind === 3 ? concat(Array(shape & 0x80 ? 1600 : 400).fill(bytes)) : bytes;
  const made = zlib.deflateRawSync(source, { level: (shape >> 4) % 10, finishFlush });
  const payload = new Uint8Array(kind === 1 ? concat([made, Uint8Array.of(0)]) : made);
  if (shape & 8) payload[choices.byte() % payload.length] ^= choices.byte();
  return { ...message, payload: kind === 1 ? payload : payload.slice(0, -4) };
}

function framesOf({ isText, payload, fragment }: Message, role: "client" | "server") {
  const pieces =
    payload.length === 0 ? [payload] : cut(payload, [fragment + (payload.length >> 6)]);
  return pieces.map((piece, index) =>
    frameFor(role, {
      fin: index === pieces.length - 1,
      rsv: index === 0 ? 0x40 : 0,
      opcode: index > 0 ? 0 : isText ? 1 : 2,
      payload: piece,
    }),
  );
}

function readAsReference(messages: readonly Message[], settings: Settings): string[] {
  const { keepsWindow, maxMessageSize } = settings;
  const inflator = new ReferenceInflator(keepsWindow);
  const events: string[] = [];
  for (const { isText, payload } of messages) {
    const isShort = payload.length <= maxMessageSize;
    const data = isShort ? inflator.inflate(payload, maxMessageSize) : undefined;
    const text = data === undefined ? undefined : describe(data, isText);
    if (text === undefined) return [...events, "a fault"];
    events.push(text);
  }
  return events;
}

function describe(data: Uint8Array, isText: boolean): string | undefined {
  if (!isText) return `binary ${hex(data)}`;
  try {
    return `text ${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data)}`;
  } catch {
    return undefined;
  }
}

/** Returns the events of a connection that receives the chunks and echoes its messages. */
function run(chunks: readonly Uint8Array[], settings: Settings): string[] {
  check(pool !== undefined, "there are no compressors");
  const { role, keepsWindow, maxMemory, maxMessageSize, maxInflatedPerTurn, maxFramesPerTurn } =
    settings;
  const receiveMemory = new ReceiveMemory(2 ** 40);
  const before = pool.memory;
  // As the handshake does. `maxMemory` is the memory available beyond this.
  const reserved = keepsWindow ? inflatorMemory(15) + deflatorMemory(15, 8) : 0;
  pool.reserve(reserved, before + reserved);
  const deflate = new PerMessageDeflate(
    {
      ...{ pool, maxMemory, maxMessageSize, level: 3, memLevel: 8, threshold },
      ...{ contextTakeover: keepsWindow, windowBits: 15 },
    },
    {
      ...{ sendContextTakeover: keepsWindow, receiveContextTakeover: keepsWindow },
      ...{ sendWindowBits: 15, receiveWindowBits: 15 },
    },
    reserved,
  );
  const connection = new Connection(
    {
      ...{ role, maxMessageSize, maxFragments: 1000 },
      ...{ maxInflatedPerTurn, maxFramesPerTurn, receiveMemory, drawMaskingKey: () => 7 },
    },
    deflate,
  );
  const events: string[] = [];
  for (const chunk of chunks) {
    connection.receive(chunk);
    takeEvents(connection, events, chunk);
    chunk.fill(0xee);
  }
  checkEchoes(takeOutput(connection), events, keepsWindow);
  connection.end();
  check(receiveMemory.used === 0, `${receiveMemory.used} bytes stay reserved`);
  check(!keepsWindow || pool.memory === before, `${pool.memory - before} bytes are kept`);
  return events;
}

function takeEvents(connection: Connection, events: string[], chunk: Uint8Array): void {
  for (;;) {
    const event = connection.next();
    if (event === ConnectionEvent.NeedData) return;
    if (event === ConnectionEvent.Yield) {
      connection.retainInput();
      chunk.fill(0xee);
      connection.startTurn();
      continue;
    }
    const { message, closed } = connection;
    if (event === ConnectionEvent.Message) {
      events.push(typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`);
      check(connection.send(message), "the message is not echoed");
      while (connection.isCompressing) connection.compress();
    } else {
      const code = (closed?.error as { code?: string } | undefined)?.code;
      check(code !== undefined && faults.includes(code), `closed with ${code}`);
      events.push("a fault");
    }
  }
}

/** Checks that the echoes equal the messages, in complete unfragmented frames. */
function checkEchoes(sent: Uint8Array, events: readonly string[], keepsWindow: boolean): void {
  const { frames, left } = readFrames(sent);
  check(left === 0, "a frame is incomplete");
  const inflator = new ReferenceInflator(keepsWindow);
  const echoes = frames.map(({ rsv1, opcode, payload }) => {
    if (opcode === 8) return "a fault";
    const bytes = Uint8Array.from(payload);
    const isLong = bytes.length >= threshold;
    check(rsv1 || !keepsWindow || !isLong, "with a window kept, a message is not compressed");
    const data = rsv1 ? inflator.inflate(bytes, 2 ** 24) : bytes;
    check(data !== undefined, "an echo cannot be inflated");
    return describe(data, opcode === 1) ?? "not UTF-8";
  });
  checkSame(echoes.join("\n"), events.join("\n"), "the echoes differ");
}
