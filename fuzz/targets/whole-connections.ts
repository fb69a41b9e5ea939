import { connect } from "node:net";
import { Choices } from "../input/choices.ts";
import { frameDictionary, httpDictionary } from "../input/dictionaries.ts";
import { cutWire, readWire } from "../input/wire.ts";
import { type Endpoints, limits, startEndpoints } from "../live/endpoints.ts";
import { expectedMessages } from "../live/expected-messages.ts";
import { type Ending, endings, RawEnd, turn, until } from "../live/raw-end.ts";
import { Record, readBehaviour } from "../live/user.ts";
import { check, checkSame } from "../reference/check.ts";
import { readAll } from "../reference/receiver.ts";
import { acceptFor } from "../reference/upgrade-request.ts";

export const dictionary: readonly string[] = [...frameDictionary, ...httpDictionary];

/** Turns of the event loop after which no answer is awaited any more. */
const maxTurns = 50;
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";

/** What an input does to a connection. */
interface Attack {
  readonly record: Record;
  /** Whether a client is under test, and not the server. */
  readonly isClient: boolean;
  readonly hasValidHead: boolean;
  readonly hasDeflate: boolean;
  readonly ending: Ending;
  readonly apart: boolean;
  /** Whether the end comes after the first answer. */
  readonly waits: boolean;
  readonly chunkSizes: readonly number[];
  /** What follows a valid head, or everything. */
  readonly wire: Uint8Array;
}

let endpoints: Promise<Endpoints> | undefined;

/**
 * Whatever a peer sends, and however it ends the connection: a socket under test opens and closes
 * once, gets the messages that were sent, sends legal frames alone, and is gone afterwards, and the
 * server answers its other client.
 */
export async function fuzz(data: Uint8Array): Promise<void> {
  endpoints ??= startEndpoints();
  const all = await endpoints;
  const attack = readAttack(new Choices(data));
  const end = await (attack.isClient ? attackClient(all, attack) : attackServer(all, attack));
  await all.askNeighbour();
  await until(
    () => isQuiet(all),
    () => `left: ${JSON.stringify(all.server.stats())}`,
  );
  const { record } = attack;
  await until(
    () => record.closes >= record.opens && end.isClosed,
    () => describe(record, end),
  );
  checkRecord(attack);
  checkReceived(attack, end.bytes);
}

function readAttack(choices: Choices): Attack {
  const flags = choices.byte();
  const isClient = (flags & 1) !== 0;
  const hasValidHead = (flags & 2) === 0;
  const record = new Record(readBehaviour(choices));
  const ending = endings[choices.byte() % endings.length];
  const chunkSizes = choices.chunkSizes();
  const role = isClient ? "client" : "server";
  const wire = readWire(choices, role, hasValidHead && (flags & 4) === 0);
  const hasDeflate = (flags & 8) !== 0;
  const apart = (flags & 16) !== 0;
  const waits = (flags & 32) === 0;
  return { record, isClient, hasValidHead, hasDeflate, ending, apart, waits, chunkSizes, wire };
}

async function attackServer(endpoints: Endpoints, attack: Attack): Promise<RawEnd> {
  const { server } = endpoints;
  endpoints.record = attack.record;
  const end = new RawEnd(connect({ host: "127.0.0.1", port: server.port, allowHalfOpen: true }));
  const request = `GET /${attack.record.behaviour} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${attack.hasDeflate ? offer : ""}\r\n`;
  await perform(end, attack, attack.hasValidHead ? request : "");
  await until(
    () => end.isClosed || server.stats().pendingHandshakes === 0,
    () => "the handshake has no answer",
  );
  return end;
}

async function attackClient(endpoints: Endpoints, attack: Attack): Promise<RawEnd> {
  const { opening, accepted } = endpoints.connect(attack.record);
  const result = opening.then(
    () => undefined,
    (error: Error) => error,
  );
  const end = new RawEnd(await accepted);
  await until(
    () => end.bytes.includes("\r\n\r\n"),
    () => "the client sends no request",
  );
  const sent = /^Sec-WebSocket-Key: (.*)\r$/im.exec(end.bytes.toString("latin1"))?.[1] ?? "";
  const deflate = attack.hasDeflate
    ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
    : "";
  const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(sent)}\r\n${deflate}\r\n`;
  await perform(end, attack, attack.hasValidHead ? response : "");
  const error = (await result) as (Error & { code?: string }) | undefined;
  check(error?.code?.startsWith("WS_ERR_") !== false, `connect failed with ${error}`);
  check((error === undefined) === (attack.record.opens === 1), "connect and open disagree");
  return end;
}

/** Sends the head and what follows, and ends the connection. */
async function perform(end: RawEnd, attack: Attack, head: string): Promise<void> {
  const { chunkSizes, wire, apart, ending } = attack;
  const sent = end.bytes.length;
  const chunks = cutWire(wire, [...chunkSizes]);
  // The head and the first frames may come in one piece.
  const [first = new Uint8Array(0), ...rest] = chunks;
  await end.write([Buffer.concat([Buffer.from(head, "latin1"), first]), ...rest], apart);
  // A reset takes back what the other end has not read, so it mostly comes later.
  for (let turns = 0; attack.waits && turns < maxTurns && end.bytes.length === sent; turns++) {
    await turn();
  }
  end.end(ending);
}

/** Whether the server has no connection but its neighbour's. */
function isQuiet({ server }: Endpoints): boolean {
  const { openConnections, pendingHandshakes, bufferedAmount } = server.stats();
  return openConnections === 1 && pendingHandshakes === 0 && bufferedAmount === 0;
}

function describe(record: Record, end: RawEnd): string {
  return `${record.opens} opens, ${record.closes} closes, ${end.isClosed ? "closed" : "open"}`;
}

function checkRecord({ record, wire, isClient, hasValidHead, hasDeflate, ending }: Attack): void {
  checkSame(record.faults.join(), "", "faults");
  const { opens, closes, statusCode, messages } = record;
  check(opens <= 1 && closes === opens, `${opens} opens and ${closes} closes`);
  if (opens === 0) return;
  const isCode = (statusCode >= 1_000 && statusCode <= 1_015) || statusCode >= 3_000;
  check(isCode && statusCode < 5_000, `closed with ${statusCode}`);
  if (!hasValidHead || hasDeflate) return;
  const role = isClient ? "client" : "server";
  const expected = expectedMessages(wire, { ...limits, role, rsv1Negotiated: false });
  const got = messages.map(textOf);
  const wanted = expected.messages.map(textOf);
  checkSame(got.join("; "), wanted.slice(0, got.length).join("; "), "the messages differ");
  if (expected.isPlain && ending === "end" && !record.isEnded) {
    check(got.length === wanted.length, `${got.length} messages of ${wanted.length}`);
  }
}

function textOf(message: string | Uint8Array): string {
  return typeof message === "string" ? `text ${message}` : Buffer.from(message).toString("hex");
}

/** What the socket sent is a head, and then legal frames up to a Close frame. */
function checkReceived({ isClient, record, hasDeflate }: Attack, bytes: Buffer): void {
  const head = bytes.indexOf("\r\n\r\n");
  if (!isClient && bytes.length > 0) {
    check(bytes.toString("latin1", 0, 9) === "HTTP/1.1 ", "the answer is no HTTP");
  }
  if (record.opens === 0 || head < 0) return;
  const frames = bytes.subarray(head + 4);
  const { frames: read, faults } = readAll(new Uint8Array(frames), {
    role: isClient ? "server" : "client",
    rsv1Negotiated: hasDeflate,
    maxMessageSize: 2 ** 30,
    maxFragments: 2 ** 30,
  });
  checkSame(faults.join(), "", "what was sent is illegal");
  const close = read.findIndex(({ opcode }) => opcode === 8);
  check(close < 0 || close === read.length - 1, "a frame follows the Close frame");
}
