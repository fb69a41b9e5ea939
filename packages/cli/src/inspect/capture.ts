import type { OpenInflator } from "@framewright/codec/inspect";
import { CliError } from "../errors.ts";
import { packetsOf } from "./capture-file.ts";
import { Conversation } from "./conversation.ts";
import { type Segment, segmentOf } from "./packet.ts";
import type { Report } from "./report.ts";

/**
 * Shows the WebSockets of a capture.
 *
 * @param port - Only TCP connections with this port of the server, which are read as WebSockets even
 *   if the capture starts after their handshake.
 * @throws CliError if the file is no capture, or has no WebSocket.
 */
export async function inspectCapture(
  bytes: Uint8Array,
  port: number | undefined,
  openInflator: OpenInflator | undefined,
  report: Report,
): Promise<void> {
  const open = new Map<string, Conversation>();
  const count = { packets: 0, connections: 0, websocket: 0, tls: 0 };
  let start: number | undefined;
  const finished = new WeakSet<Conversation>();
  const finish = async (conversation: Conversation) => {
    if (finished.has(conversation)) return;
    finished.add(conversation);
    await conversation.end();
    if (conversation.kind === "websocket") count.websocket++;
    if (conversation.kind === "tls") count.tls++;
  };
  for (const packet of packetsOf(bytes)) {
    count.packets++;
    const segment = segmentOf(packet);
    if (segment === undefined || !isWanted(segment, port)) continue;
    start ??= segment.time;
    const key = keyOf(segment);
    let conversation = open.get(key);
    // A SYN after the end of a connection starts another one with the same ports.
    if (conversation?.isOver && segment.syn) conversation = undefined;
    if (conversation === undefined) {
      count.connections++;
      conversation = new Conversation(segment, { openInflator, port, start }, report);
      open.set(key, conversation);
    }
    await conversation.take(segment);
    if (conversation.isOver) await finish(conversation);
  }
  for (const conversation of open.values()) await finish(conversation);
  if (count.websocket === 0) throw noWebSocket(count);
}

function isWanted({ sourcePort, destinationPort }: Segment, port: number | undefined): boolean {
  return port === undefined || sourcePort === port || destinationPort === port;
}

function keyOf({ source, destination }: Segment): string {
  return source < destination ? `${source} ${destination}` : `${destination} ${source}`;
}

function noWebSocket(count: { packets: number; connections: number; tls: number }): CliError {
  const { packets, connections, tls } = count;
  const encrypted = tls === 0 ? "" : `, ${tls} of them TLS, which cannot be read`;
  const message = `no opening handshake is in ${packets} packets with ${connections} TCP connections${encrypted}; --port reads those of a port without one`;
  return new CliError("WS_ERR_CLI_CAPTURE", message);
}
