import { ConnectionInspector, type OpenInflator, type Sender } from "@framewright/codec/inspect";
import type { Segment } from "./packet.ts";
import type { Report } from "./report.ts";
import { TcpStream } from "./tcp-stream.ts";

/** Bytes of a request that may precede the end of its head. */
const maxHeadLength = 65_536;

/** What is done with the bytes of a connection. */
type Kind = "undecided" | "websocket" | "tls" | "other";

/** How the connections of a capture are read. */
export interface ConversationSettings {
  readonly openInflator: OpenInflator | undefined;
  /** A server's port, whose connections are WebSockets even without a handshake. */
  readonly port: number | undefined;
  /** The time of the first packet, in seconds. */
  readonly start: number;
}

/** One TCP connection of a capture. */
export class Conversation {
  kind: Kind = "undecided";
  /** Whether packets are missing, so that the rest of a direction could not be read. */
  isBroken = false;
  /** Whether both directions have ended, so that another connection may have the same ports. */
  isOver = false;
  private client: string | undefined = undefined;
  private isFinished = false;
  private readonly streams = new Map<string, TcpStream>();
  private readonly settings: ConversationSettings;
  private readonly report: Report;
  private readonly ended = new Set<string>();
  private inspector: ConnectionInspector | undefined = undefined;
  /** Bytes until it is known what they are, in the order in which they came. */
  private undecided: { readonly source: string; readonly bytes: Uint8Array }[] = [];
  /** The start of what the first to send has sent. */
  private head = "";
  private readonly endpoints: readonly [string, string];
  private time = 0;

  constructor(first: Segment, settings: ConversationSettings, report: Report) {
    this.settings = settings;
    this.report = report;
    this.client = clientOf(first, settings.port);
    this.endpoints = [first.source, first.destination];
  }

  async take(segment: Segment): Promise<void> {
    if (this.isFinished) return;
    const { source, sequence, syn, payload } = segment;
    this.time = segment.time - this.settings.start;
    const stream = this.streamOf(source);
    if (this.ended.has(source)) return;
    const pieces = stream.push(sequence, syn, payload);
    if (pieces === undefined) await this.breakOff(source);
    else for (const bytes of pieces) await this.takeBytes(source, bytes);
    if (segment.rst || (segment.fin && !stream.hasGap)) this.ended.add(source);
    this.isOver = segment.rst || this.ended.size === 2;
  }

  /** Shows what the end of the connection, or of the capture, leaves incomplete. */
  async end(): Promise<void> {
    if (this.isFinished) return;
    this.isFinished = true;
    if (this.undecided.length > 0) await this.decide(true);
    for (const [source, stream] of this.streams) {
      if (stream.hasGap && !this.ended.has(source)) await this.breakOff(source);
    }
    const { inspector } = this;
    if (inspector === undefined) return;
    inspector.end();
    await this.show();
    const place = this.place();
    await this.report.end(inspector.fromClient, "client", place);
    await this.report.end(inspector.fromServer, "server", place);
    inspector.close();
    this.inspector = undefined;
  }

  private streamOf(source: string): TcpStream {
    const stream = this.streams.get(source) ?? new TcpStream();
    this.streams.set(source, stream);
    return stream;
  }

  private async takeBytes(source: string, bytes: Uint8Array): Promise<void> {
    if (this.inspector !== undefined) {
      this.inspector.push(this.senderOf(source), bytes);
      return this.show();
    }
    if (this.kind !== "undecided") return;
    this.undecided.push({ source, bytes });
    if (source === this.undecided[0].source && this.head.length < maxHeadLength) {
      this.head += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    }
    await this.decide(false);
  }

  /** Finds out whether the connection is a WebSocket, from the first bytes of its client. */
  private async decide(isEnd: boolean): Promise<void> {
    const [first] = this.undecided;
    const { head } = this;
    // No legal frame starts with the type and version of a record of TLS.
    if (head.startsWith("\u0016\u0003")) this.kind = "tls";
    else if (head.startsWith("GET ")) {
      const isWhole = head.includes("\r\n\r\n");
      if (!isWhole && head.length < maxHeadLength && !isEnd) return;
      this.client ??= first.source;
      this.kind = /^upgrade:.*websocket/im.test(head) ? "websocket" : "other";
    } else {
      const isStart = "GET ".startsWith(head) && !isEnd;
      if (isStart) return;
      const isWanted = this.settings.port !== undefined && this.client !== undefined;
      this.kind = isWanted ? "websocket" : "other";
    }
    const { undecided, kind } = this;
    this.undecided = [];
    if (kind !== "websocket") return;
    this.inspector = new ConnectionInspector({ openInflator: this.settings.openInflator });
    for (const { source, bytes } of undecided) {
      this.inspector.push(this.senderOf(source), bytes);
      await this.show();
    }
  }

  private senderOf(source: string): Sender {
    return source === this.client ? "client" : "server";
  }

  private async show(): Promise<void> {
    if (this.inspector !== undefined)
      await this.report.takeConnection(this.inspector, this.place());
  }

  /** The client and the server, as far as it is known which is which. */
  private get name(): string {
    const [one, other] = this.endpoints;
    return this.client === other ? `${other} > ${one}` : `${one} > ${other}`;
  }

  private place() {
    return { connection: this.name, time: Number.isNaN(this.time) ? undefined : this.time };
  }

  /** Gives up a direction of which packets are missing: where the next frame starts is unknown. */
  private async breakOff(source: string): Promise<void> {
    this.ended.add(source);
    this.isBroken = true;
    if (this.kind !== "websocket") return;
    const from = this.senderOf(source);
    const missing = this.streamOf(source).gapLength;
    await this.report.note(
      `${this.name}: ${missing} bytes of the ${from} are not in the capture; its later frames are left out`,
    );
  }
}

/** The client, if a segment tells: the sender of a SYN, or who is not on the server's port. */
function clientOf(segment: Segment, port: number | undefined): string | undefined {
  const { syn, ack, source, destination, sourcePort, destinationPort } = segment;
  if (syn) return ack ? destination : source;
  if (destinationPort === port) return source;
  return sourcePort === port ? destination : undefined;
}
