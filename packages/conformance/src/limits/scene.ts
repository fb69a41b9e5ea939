import { once } from "node:events";
import { connect } from "node:net";
import type { AttackedServer } from "../attack/attacked-server.ts";
import { until } from "../attack/until.ts";
import { FrameWriter, opcodes, type ReceivedFrame } from "../frame-bytes.ts";
import { exampleKey, httpHead, ReceivedHead } from "../opening-handshake.ts";
import { RawPeer } from "../raw-peer.ts";
import type { LimitOptions, LimitReport } from "./limit-options.ts";

const write = new FrameWriter("client");

/** Who connects, and what its opening handshake asks for. */
export interface Client {
  /** Default "/". */
  readonly target?: string;
  /** Further header lines. */
  readonly lines?: readonly string[];
  /** The address, one of 127.0.0.0/8. Default 127.0.0.1. */
  readonly from?: string;
}

/** How `rest` answers what the server sends. */
export interface Manners {
  /** Whether Pings are answered. Default true. */
  readonly pongs?: boolean;
  /** Whether the Close frame is answered. Default true. */
  readonly closes?: boolean;
}

/** A server with limits in the process of `host`, and the raw peers that cross them. */
export class Scene {
  readonly port: number;
  private readonly host: AttackedServer;
  private readonly peers: RawPeer[] = [];

  private constructor(host: AttackedServer, port: number) {
    this.host = host;
    this.port = port;
  }

  /** @param host - In the mode "limits". */
  static async start(host: AttackedServer, options: LimitOptions): Promise<Scene> {
    const query = new URLSearchParams({ options: JSON.stringify(options) });
    return new Scene(host, Number(await host.get(`/serve?${query}`)));
  }

  async stop(): Promise<void> {
    this.destroyPeers();
    await this.host.get(`/stop?port=${this.port}`);
  }

  /** Resets what is still open. */
  destroyPeers(): void {
    for (const peer of this.peers.splice(0)) peer.destroy();
  }

  async report(): Promise<LimitReport> {
    return JSON.parse(await this.host.get(`/report?port=${this.port}`));
  }

  /** Waits for a report that fulfils a condition. */
  reported(isRight: (report: LimitReport) => boolean): Promise<LimitReport> {
    return until(() => this.report(), isRight, 10_000);
  }

  async connect({ from = "127.0.0.1" }: Client = {}): Promise<RawPeer> {
    const peer = await connectTo(this.port, from);
    this.peers.push(peer);
    return peer;
  }

  /** Sends an opening handshake. */
  async ask(client: Client = {}): Promise<RawPeer> {
    const peer = await this.connect(client);
    await peer.send(upgradeTo(client));
    return peer;
  }

  /** Opens a connection. */
  async open(client?: Client): Promise<RawPeer> {
    const peer = await this.ask(client);
    const answer = await httpAnswer(peer);
    if (answer !== "101") throw new Error(`not opened: ${answer}`);
    return peer;
  }

  /** Sends an opening handshake and returns its answer; see `httpAnswer`. */
  async answerTo(client?: Client): Promise<string> {
    return httpAnswer(await this.ask(client));
  }
}

/** Connects from an address of this machine. */
export async function connectTo(port: number, from: string): Promise<RawPeer> {
  const to = { host: "127.0.0.1", port, localAddress: from, allowHalfOpen: true };
  const socket = connect(to);
  const peer = new RawPeer(socket);
  // A server can reset the connection before this process hears that it is established.
  await once(socket, "connect").catch(() => {});
  return peer;
}

/** Returns a client's opening handshake. */
export function upgradeTo({ target = "/", lines = [] }: Client): Uint8Array {
  return httpHead(
    `GET ${target} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${exampleKey}`,
    "Sec-WebSocket-Version: 13",
    ...lines,
  );
}

/** Returns the status, and whether the response has a valid `Retry-After`; or how TCP ended. */
export async function httpAnswer(peer: RawPeer): Promise<string> {
  const text = await peer.takeHead();
  if (text === undefined) return endOf(peer);
  const head = new ReceivedHead(text);
  const [, status] = head.startLine.split(" ");
  const retryAfter = head.one("retry-after");
  if (retryAfter === undefined) return status;
  return `${status}, Retry-After${/^[1-9]\d{0,3}$/.test(retryAfter) ? "" : ` ${retryAfter}`}`;
}

/** Returns the next frame as a line, or how TCP ended. */
export async function nextLine(peer: RawPeer): Promise<string> {
  return frameLine(await peer.takeFrame(), peer);
}

/** Reads frames until TCP ends. Returns a line for each, equal ones in a row only once. */
export async function rest(peer: RawPeer, manners: Manners = {}): Promise<string[]> {
  const { pongs = true, closes = true } = manners;
  const lines: string[] = [];
  for (;;) {
    const frame = await peer.takeFrame();
    const line = frameLine(frame, peer);
    if (line !== lines.at(-1)) lines.push(line);
    if (frame === undefined) break;
    if (frame.opcode === opcodes.ping && pongs) await peer.send(write.pong(frame.payload));
    if (frame.opcode === opcodes.close && closes)
      await peer.send(write.frame({ opcode: opcodes.close, payload: frame.payload }));
  }
  peer.end();
  return lines;
}

function frameLine(frame: ReceivedFrame | undefined, peer: RawPeer): string {
  if (frame === undefined) return endOf(peer);
  const payload = Buffer.from(frame.payload);
  const compressed = frame.rsv === 4 ? "compressed " : "";
  switch (frame.opcode) {
    case opcodes.text:
      return `${compressed}text ${payload.length > 100 ? payload.length : payload}`;
    case opcodes.binary:
      return `${compressed}binary`;
    case opcodes.close:
      return payload.length === 0 ? "close" : `close ${payload.readUInt16BE(0)}`;
    case opcodes.ping:
      return "ping";
    case opcodes.pong:
      return "pong";
    default:
      return `opcode ${frame.opcode}`;
  }
}

/** The line for the end of TCP: "end" in order, "reset" otherwise. */
function endOf(peer: RawPeer): string {
  return peer.inputEnd === "end" ? "end" : "reset";
}
