import { deflated } from "../deflate-bytes.ts";
import { concat, FrameWriter, opcodes } from "../frame-bytes.ts";
import { exampleKey, httpHead } from "../opening-handshake.ts";
import { RawPeer } from "../raw-peer.ts";

/** Where the server listens, and the authority of its certificate if it uses TLS. */
export interface Address {
  readonly port: number;
  readonly ca: string | undefined;
}

/** A state in which a connection is when its server is closed. */
export interface ConnectionState {
  readonly name: string;
  /** Whether it is about `for await`, or about a handler. Default: either. */
  readonly iterates?: boolean;
  /** Whether it is one of TLS. */
  readonly onlyTls?: boolean;
  /** Whether the connection still is there when the time for the closing handshake is over. */
  readonly lingers?: boolean | "with a handler";
  /** Brings a connection into the state. The peer is left alone from then on. */
  enter(address: Address): Promise<RawPeer>;
}

const write = new FrameWriter("client");
const manyMessages = concat(...Array<Uint8Array>(300).fill(write.binary(new Uint8Array(1_024))));
/** 14 MiB in 14 KiB: the server inflates at most 1 MiB per turn of its event loop. */
const longMessage = write.frame({
  opcode: opcodes.binary,
  rsv: 4,
  payload: deflated(new Uint8Array(14_680_064)),
});
/** The first bytes of an unfinished ClientHello (RFC 8446 section 4.1.2) of 512 bytes. */
const halfClientHello = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array(100).fill(7));

const request = (path: string) =>
  httpHead(
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${exampleKey}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate",
  );

/** Sends bytes on a new connection. */
async function sent({ port, ca }: Address, ...pieces: Uint8Array[]): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, ca);
  await peer.send(...pieces);
  return peer;
}

/** Opens a connection and sends frames on it. */
async function open(address: Address, path = "/", ...frames: Uint8Array[]): Promise<RawPeer> {
  const peer = await sent(address, request(path));
  const head = await peer.takeHead();
  if (!head?.startsWith("HTTP/1.1 101 ")) throw new Error(`not opened: ${head}`);
  if (path === "/flooding" || path === "/drained") peer.socket.pause();
  await peer.send(...frames);
  return peer;
}

/** Opens a connection whose handler has been called, as its echo shows. */
async function busy(address: Address, path: string, ...frames: Uint8Array[]): Promise<RawPeer> {
  const peer = await open(address, path, write.text("one"));
  await peer.takeFrame();
  await peer.send(...frames);
  return peer;
}

/** All states. Only what a name says makes the peer differ from one that waits in silence. */
export const connectionStates: readonly ConnectionState[] = [
  { name: "connected, without a request", enter: (to) => sent(to) },
  { name: "with half a request", enter: (to) => sent(to, request("/").subarray(0, 50)) },
  { name: "with `accept` pending for ever", enter: (to) => sent(to, request("/pending")) },
  {
    name: "with `accept` pending, and frames behind the request",
    enter: (to) => sent(to, request("/pending"), write.text("early")),
  },
  { name: "with `accept` pending for a while", enter: (to) => sent(to, request("/later")) },
  {
    name: "with `http` pending for a while",
    enter: (to) => sent(to, httpHead("GET /later HTTP/1.1", "Host: 127.0.0.1")),
  },
  {
    name: "with `http` pending for ever",
    enter: (to) => sent(to, httpHead("GET /pending HTTP/1.1", "Host: 127.0.0.1")),
  },
  {
    name: "with a page that the client does not read",
    async enter(to) {
      const peer = await sent(to, httpHead("GET /page HTTP/1.1", "Host: 127.0.0.1"));
      peer.socket.pause();
      return peer;
    },
  },
  {
    name: "refused, and the client does not end TCP",
    async enter(to) {
      const lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
      const peer = await sent(to, httpHead("GET / HTTP/1.1", "Host: 127.0.0.1", ...lines));
      await peer.takeHead();
      return peer;
    },
  },
  { name: "open and idle", lingers: true, enter: (to) => busy(to, "/") },
  { name: "open, just now", lingers: true, enter: (to) => open(to) },
  { name: "open and paused", lingers: true, enter: (to) => open(to, "/paused", manyMessages) },
  {
    name: "open and paused, and the peer is gone",
    async enter(to) {
      const peer = await open(to, "/paused", manyMessages);
      peer.destroy();
      return peer;
    },
  },
  {
    name: "with a handler that takes a while",
    lingers: true,
    iterates: false,
    enter: (to) => busy(to, "/slow"),
  },
  {
    name: "with a handler that never settles",
    lingers: true,
    enter: (to) => busy(to, "/stuck", manyMessages),
  },
  {
    name: "with a handler that never settles, and the peer has ended its direction",
    lingers: "with a handler",
    async enter(to) {
      const peer = await busy(to, "/stuck", write.text("two"));
      peer.end();
      return peer;
    },
  },
  {
    name: "with a handler that never settles, and the peer's Close frame waits behind it",
    lingers: true,
    enter: (to) => busy(to, "/stuck", write.text("two"), write.close(1000)),
  },
  {
    name: "with a handler that awaits `drained`",
    lingers: true,
    iterates: false,
    enter: (to) => open(to, "/drained", write.text("one")),
  },
  {
    name: "with megabytes that the peer does not read",
    lingers: true,
    enter: (to) => open(to, "/flooding"),
  },
  {
    name: "with half a message",
    lingers: true,
    enter: (to) =>
      busy(to, "/", write.frame({ opcode: opcodes.text, fin: false }), Uint8Array.of(0x80)),
  },
  {
    name: "with a compressed message in progress",
    lingers: true,
    enter: (to) => busy(to, "/", longMessage),
  },
  {
    name: "with many compressed messages in progress",
    lingers: true,
    enter: (to) => busy(to, "/", concat(longMessage, longMessage, longMessage)),
  },
  {
    name: "ended by the peer in one direction",
    async enter(to) {
      const peer = await busy(to, "/");
      peer.end();
      return peer;
    },
  },
  {
    name: "reset by the peer",
    async enter(to) {
      const peer = await busy(to, "/");
      peer.reset();
      return peer;
    },
  },
  { name: "with our Close frame unanswered", lingers: true, enter: (to) => open(to, "/closing") },
  {
    name: "with the peer's Close frame answered, and TCP not ended",
    lingers: true,
    async enter(to) {
      const peer = await busy(to, "/", write.close(1000));
      await peer.takeFrame();
      return peer;
    },
  },
  {
    name: "failed with 1002, and TCP not ended",
    lingers: true,
    async enter(to) {
      const peer = await busy(to, "/", write.frame({ opcode: 0x3 }));
      await peer.takeFrame();
      return peer;
    },
  },
  {
    name: "in a TLS handshake that has not begun",
    onlyTls: true,
    enter: ({ port }) => sent({ port, ca: undefined }),
  },
  {
    name: "with half a ClientHello",
    onlyTls: true,
    enter: ({ port }) => sent({ port, ca: undefined }, halfClientHello),
  },
];

/** Opens a connection that answers the Close frame, and has its echo: all before it was read. */
export async function openPolitePeer(address: Address): Promise<RawPeer> {
  const peer = await busy(address, "/polite");
  void answerClose(peer);
  return peer;
}

async function answerClose(peer: RawPeer): Promise<void> {
  for (let frame = await takeLater(peer); ; frame = await takeLater(peer)) {
    if (frame?.opcode === opcodes.ping) await peer.send(write.pong(frame.payload));
    if (frame?.opcode === opcodes.close) await peer.send(write.close(1001));
    if (frame === undefined) return peer.end();
  }
}

/** Waits for a frame for as long as it takes. */
async function takeLater(peer: RawPeer) {
  for (;;) {
    try {
      return await peer.takeFrame();
    } catch {
      // Nothing came for a while.
    }
  }
}
