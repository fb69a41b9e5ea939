// Captures are read by the same code as in `framewright inspect`.
import { isCapture, packetsOf } from "../../../packages/cli/src/inspect/capture-file.ts";
import { type Segment, segmentOf } from "../../../packages/cli/src/inspect/packet.ts";
import { TcpStream } from "../../../packages/cli/src/inspect/tcp-stream.ts";
import { maxLength, type Piece } from "./recording.ts";

export { isCapture };

/** A TCP connection of a capture. */
export interface CapturedConnection {
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** Length of the gaps in what was captured, in bytes. What follows a gap is left out. */
  readonly missing: number;
}

interface OpenConnection {
  readonly client: string;
  readonly server: string;
  readonly streams: { readonly client: TcpStream; readonly server: TcpStream };
  readonly pieces: Piece[];
  length: number;
  isOver: boolean;
}

/** TCP connections that are read of a capture. */
const maxConnections = 200;

/**
 * Reads the WebSocket connections of a capture, pcap or pcapng. Connections whose start was not
 * captured are read as well if their first bytes may be a frame.
 *
 * @throws Error if the file is no capture.
 */
export function readCapture(file: Uint8Array): CapturedConnection[] {
  const open = new Map<string, OpenConnection>();
  const all: OpenConnection[] = [];
  for (const packet of packetsOf(file)) {
    const segment = segmentOf(packet);
    if (segment === undefined) continue;
    const key = [segment.source, segment.destination].sort().join(" ");
    let connection = open.get(key);
    if (connection === undefined || (connection.isOver && segment.syn)) {
      if (all.length >= maxConnections) continue;
      connection = openFor(segment);
      open.set(key, connection);
      all.push(connection);
    }
    take(connection, segment);
  }
  return all.filter(isLikelyWebSocket).map(({ client, server, streams, pieces }) => ({
    name: `${client} → ${server}`,
    pieces,
    missing: streams.client.gapLength + streams.server.gapLength,
  }));
}

/** A connection whose client is known by its SYN, its request, or the higher port. */
function openFor(segment: Segment): OpenConnection {
  const { source, destination, syn, ack, payload, sourcePort, destinationPort } = segment;
  const isRequest = startOf(payload, 4) === "GET ";
  const isFromClient = syn ? !ack : isRequest || sourcePort > destinationPort;
  const [client, server] = isFromClient ? [source, destination] : [destination, source];
  const streams = { client: new TcpStream(), server: new TcpStream() };
  return { client, server, streams, pieces: [], length: 0, isOver: false };
}

function take(connection: OpenConnection, segment: Segment): void {
  const from = segment.source === connection.client ? "client" : "server";
  const { sequence, syn, payload } = segment;
  for (const bytes of connection.streams[from].push(sequence, syn, payload) ?? []) {
    if (connection.length >= maxLength) break;
    connection.pieces.push({ from, bytes });
    connection.length += bytes.length;
  }
  if (segment.fin || segment.rst) connection.isOver = true;
}

/** The first byte of a frame has none of RSV2 and RSV3; letters of other protocols often have. */
function isLikelyWebSocket({ pieces }: OpenConnection): boolean {
  if (pieces.length === 0) return false;
  const [{ bytes }] = pieces;
  const start = startOf(bytes, 5);
  if (start.startsWith("GET ") || start === "HTTP/") return true;
  const opcode = bytes[0] & 0x0f;
  return (bytes[0] & 0x30) === 0 && (opcode <= 2 || (opcode >= 8 && opcode <= 10));
}

function startOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
