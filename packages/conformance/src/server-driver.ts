import type { ClientHttp2Session } from "node:http2";
import type { BytePeer } from "./byte-peer.ts";
import type { ConnectionCase } from "./cases/connection-case.ts";
import { FrameWriter, utf8 } from "./frame-bytes.ts";
import { exampleAccept, ReceivedHead, upgradeRequest } from "./opening-handshake.ts";
import { RawPeer } from "./raw-peer.ts";
import { cutters, type Opening, playCase } from "./script-player.ts";
import { StreamPeer } from "./stream-peer.ts";
import type { Transcript } from "./transcript.ts";

/** Number of connections of one case that are open at once. */
const connectionsAtOnce = 16;

/**
 * Plays a case against a server, on one connection per way of splitting.
 *
 * @param lines - Further header lines of the request.
 */
export function playAgainstServer(
  port: number,
  testCase: ConnectionCase,
  ca?: string,
  lines: readonly string[] = [],
): Promise<Transcript[]> {
  return playOnEach(testCase, async () => {
    const peer = await RawPeer.connect(port, ca);
    return { peer, opening: opening(peer, ...lines) };
  });
}

/** Plays a case against a server, on one stream of an HTTP/2 connection per way of splitting. */
export function playOverHttp2(
  session: ClientHttp2Session,
  testCase: ConnectionCase,
): Promise<Transcript[]> {
  return playOnEach(testCase, async () => {
    const peer = new StreamPeer(session);
    return { peer, opening: peer.opening };
  });
}

async function playOnEach(
  testCase: ConnectionCase,
  connect: () => Promise<{ readonly peer: BytePeer; readonly opening: Opening }>,
): Promise<Transcript[]> {
  const waiting = [...cutters(testCase.cut).entries()];
  const transcripts: Transcript[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, cutter] = next;
      const { peer, opening } = await connect();
      transcripts[index] = await playCase(peer, opening, testCase, cutter, "server");
      peer.destroy();
    }
  };
  await Promise.all(Array.from({ length: connectionsAtOnce }, worker));
  return transcripts;
}

/** Opens a WebSocket connection to a server. */
export async function openPeer(port: number, ca?: string, host?: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, ca, host);
  const { send, answered } = opening(peer);
  await peer.send(send);
  await answered();
  return peer;
}

/** Sends a message and returns whether its echo comes back. */
export async function echoes(peer: BytePeer, message: string): Promise<boolean> {
  await peer.send(new FrameWriter("client").text(message));
  const frame = await peer.takeFrame();
  return frame !== undefined && Buffer.compare(frame.payload, utf8(message)) === 0;
}

/** Returns the client's side of an opening handshake, with further header lines. */
export function opening(peer: RawPeer, ...lines: readonly string[]): Opening {
  return {
    send: upgradeRequest(...lines),
    async answered() {
      const text = await peer.takeHead();
      if (text === undefined) throw new Error("TCP ended before the answer to the handshake");
      const head = new ReceivedHead(text);
      if (head.one("sec-websocket-accept") !== exampleAccept) throw new Error(`refused: ${text}`);
    },
  };
}
