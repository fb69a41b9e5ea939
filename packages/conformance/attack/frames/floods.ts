import { setTimeout as delay } from "node:timers/promises";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "frames";
const write = new FrameWriter("client");
const { binary, continuation, text } = opcodes;
const nothing = new Uint8Array(0);
/** Without this the server would close the connection after 1,048,576 fragments. */
const endless: Setup = { options: { maxFragments: 2 ** 32 } };
/** Number of connections that flood at once, but for the flood of many. */
const flooders = 3;

/** What is sent once, and what is repeated. */
const floods: Readonly<Record<string, readonly [first: Uint8Array, repeated: Uint8Array]>> = {
  "empty fragments": [
    write.frame({ opcode: binary, fin: false }),
    write.frame({ opcode: continuation, fin: false }),
  ],
  "fragments of 1 byte": [
    write.frame({ opcode: text, fin: false }),
    write.frame({ opcode: continuation, fin: false, payload: utf8("a") }),
  ],
  "fragments and pings in turn": [
    write.frame({ opcode: text, fin: false }),
    concat(
      write.frame({ opcode: continuation, fin: false, payload: utf8("a") }),
      write.ping(utf8("b")),
    ),
  ],
  "empty pings": [nothing, write.ping()],
  "pings of 125 bytes": [nothing, write.ping(new Uint8Array(125))],
  pongs: [nothing, write.pong()],
  "empty messages": [nothing, write.text("")],
  "messages of 1 byte": [nothing, write.text("a")],
  "messages of two fragments": [
    nothing,
    concat(write.frame({ opcode: text, fin: false }), write.frame({ opcode: continuation })),
  ],
};

/** Repeats a frame up to about 64 KiB. */
function many(frame: Uint8Array): Uint8Array {
  return concat(...Array<Uint8Array>(Math.ceil(65_536 / frame.length)).fill(frame));
}

/** Floods at full speed; the answers are read and discarded, or not read. */
const flood =
  (
    first: Uint8Array,
    repeated: Uint8Array,
    reads: boolean,
    count: (scene: Scene) => number = () => flooders,
  ) =>
  async (scene: Scene) => {
    const bytes = many(repeated);
    let written = 0;
    const one = async (peer: AttackingPeer) => {
      if (reads) peer.drop();
      else peer.socket.pause();
      await peer.send(first);
      await scene.during(scene.duration, async () => {
        await peer.write(bytes);
        // A connection that the server has ended is opened again.
        if (!peer.socket.writable) await delay(20);
      });
      written += peer.socket.bytesWritten;
    };
    await Promise.all((await scene.openMany(count(scene))).map(one));
    scene.note("frames sent", Math.round(written / repeated.length));
  };

/** Sends frames one by one in segments of their own, as fast as a slow network would. */
async function throttled(scene: Scene): Promise<void> {
  const kinds = Object.values(floods);
  const peers = await scene.openMany(scene.size(200, 50));
  for (const [index, peer] of peers.entries()) {
    peer.drop();
    await peer.send(kinds[index % kinds.length][0]);
  }
  let sent = 0;
  await scene.during(scene.duration, async () => {
    for (const [index, { socket }] of peers.entries()) {
      if (socket.writable) socket.write(kinds[index % kinds.length][1]);
    }
    sent += peers.length;
    await delay(10);
  });
  scene.note("frames sent", sent);
}

/** Floods of small frames. */
export const frameFloods: readonly Attack[] = [
  ...Object.entries(floods).map(([name, [first, repeated]]) => ({
    name: `flood of ${name}`,
    group: group as "frames",
    about: `three connections send ${name} at full speed`,
    ...(first === nothing ? {} : { setup: endless }),
    thresholds: { memory: 96 },
    run: flood(first, repeated, true),
  })),
  {
    // The limits of one turn of the event loop are those of one connection.
    name: "flood of messages from many connections",
    group,
    about: "200 connections send messages of 1 byte at full speed (short: 40)",
    thresholds: { memory: 384 },
    run: flood(nothing, write.text("a"), true, (scene) => scene.size(200, 40)),
  },
  {
    name: "throttled floods",
    group,
    about: "200 connections send small frames of all these kinds, 100 a second each (short: 50)",
    thresholds: { memory: 96 },
    run: throttled,
  },
  {
    name: "pings without reading",
    group,
    about: "three connections send pings of 125 bytes at full speed and read no pong",
    thresholds: { memory: 96 },
    run: flood(nothing, write.ping(new Uint8Array(125)), false),
  },
];
