import { setTimeout as delay } from "node:timers/promises";
import { upgradeTo } from "../../src/attack/attacked-server.ts";
import { inflated } from "../../src/deflate-bytes.ts";
import { FrameWriter, opcodes, type ReceivedFrame } from "../../src/frame-bytes.ts";
import type { Attack } from "../instrument/attack.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";
import {
  type CallbackName,
  type CallName,
  callbackNames,
  calls,
  type RunState,
} from "../victims/calling/reentrancy.ts";

const group = "callers";
const write = new FrameWriter("client");
const setup = {
  script: "calling",
  options: { closeTimeout: 500, maxBufferedAmount: 67_108_864, compression: { threshold: 0 } },
};
const offer =
  "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/** Gives the application a task, and returns the other frames that came before its result. */
async function perform(
  peer: AttackingPeer,
): Promise<{ faults: string[]; frames: ReceivedFrame[]; sent: number }> {
  await peer.send(write.text("go"));
  const frames: ReceivedFrame[] = [];
  let sent = 0;
  for (;;) {
    const frame = await peer.takeFrame();
    if (frame === undefined) throw new Error(`the connection ended: ${peer.inputEnd}`);
    if (frame.opcode === opcodes.close) {
      throw new Error(`closed with ${Buffer.from(frame.payload).toString("hex")}`);
    }
    if (frame.opcode === opcodes.text) {
      const payload = frame.rsv === 4 ? inflated(frame.payload) : frame.payload;
      const result = JSON.parse(Buffer.from(payload).toString());
      if (result.faults !== undefined) return { faults: result.faults, frames, sent };
      sent = result.sent;
    } else frames.push(frame);
  }
}

/** Checks frames whose payload another thread has changed: all but their contents. */
function checkFrames(
  scene: Scene,
  frames: readonly ReceivedFrame[],
  isCompressed: boolean,
): number {
  let messages = 0;
  for (const { fin, rsv, opcode, masked, isShortestForm, payload } of frames) {
    const isMessage = opcode === opcodes.binary;
    if (isMessage) messages++;
    const mayRsv = isMessage && isCompressed ? [0, 4] : [0];
    const isRight = fin && !masked && isShortestForm && mayRsv.includes(rsv);
    const isKnown = isMessage || (opcode === opcodes.ping && payload.length <= 125);
    if (!isRight || !isKnown) scene.faults.push(`a wrong frame: opcode ${opcode}, RSV ${rsv}`);
    if (rsv === 4) inflated(payload);
  }
  return messages;
}

async function changeMemory(scene: Scene): Promise<void> {
  for (const isCompressed of [false, true]) {
    const query = { task: "memory", rounds: String(scene.size(10, 1)) };
    const peer = await scene.open(query, ...(isCompressed ? [offer] : []));
    const { faults, frames, sent } = await perform(peer);
    scene.faults.push(...faults);
    const messages = checkFrames(scene, frames, isCompressed);
    scene.expect("messages of memory that changes", messages, sent);
    scene.note(isCompressed ? "messages, compressed" : "messages", messages);
    peer.destroy();
  }
}

async function passValues(scene: Scene): Promise<void> {
  const peer = await scene.open({ task: "values" });
  const { faults, frames } = await perform(peer);
  scene.faults.push(...faults);
  scene.expect("frames sent by calls that failed", frames.length, 0);
  peer.destroy();
}

/** How long a huge message may take, in milliseconds. */
const hugePatience = 120_000;

/** The application sends one message of 2 GiB, in `open`, and closes. */
async function sendHuge(scene: Scene): Promise<void> {
  const length = scene.size(2 ** 31 + 5, 70_000_000);
  const peer = await scene.open({ huge: String(length) });
  const header = await peer.take(10);
  scene.expect("the first bytes of the header", header?.subarray(0, 2).toString("hex"), "827f");
  scene.expect("the length in the header", Number(header?.readBigUInt64BE(2)), length);
  peer.drop();
  const deadline = performance.now() + hugePatience;
  while (peer.inputEnd === undefined && performance.now() < deadline) await delay(10);
  // A Close frame without a mask follows the message.
  const least = 10 + length + 4;
  const { bytesRead } = peer.socket;
  scene.expect("whether all bytes came", bytesRead >= least && bytesRead < least + 1_000, true);
  scene.note("bytes", length);
}

/** How long a run may take until its connection has ended, in milliseconds. */
const patience = 20_000;

/** Plays the client of a callback that makes a call. */
async function reenter(scene: Scene, callback: CallbackName, call: CallName, index: number) {
  const id = `${callback}, ${call}, ${index}`;
  const peer = await scene.connect();
  const ask = () => scene.ask<RunState>("/run", { id });
  await peer.send(upgradeTo({ id, callback, call }));
  // There is none if `open` terminates.
  await peer.takeHead();
  peer.socket.pause();
  await peer.send(write.pong(), write.text("one"), write.text("two"));
  const deadline = performance.now() + patience;
  const waitFor = async (isReached: (state: RunState) => boolean) => {
    let state = await ask();
    while (!isReached(state) && performance.now() < deadline) {
      await delay(20);
      state = await ask();
    }
    return state;
  };
  if (callback === "drain" || callback === "dropped") {
    await waitFor(({ isFilled, closes }) => isFilled || closes > 0);
  }
  peer.drop();
  if (callback !== "close") {
    await waitFor(({ entered, closes }) => entered.includes(callback) || closes > 0);
  }
  await peer.send(write.close(1000));
  peer.end();
  // A connection that the application has paused, or whose handler is busy, sees the end later.
  await delay(5);
  peer.destroy();
  await scene.ask("/run", { id, release: "" });
  const { entered, faults, closes } = await waitFor((state) => state.closes > 0);
  scene.expect(`close events of ${id}`, closes, 1);
  scene.expect(`faults of ${id}`, faults, []);
  if (!entered.includes(callback)) scene.faults.push(`${id}: ${callback} was not called`);
}

/** What an `error` handler must not do: it would be printed. */
const notByError: readonly CallName[] = ["throw", "reject"];

async function reenterAll(scene: Scene): Promise<void> {
  const names = Object.keys(calls) as CallName[];
  const cells = callbackNames.flatMap((callback) =>
    names
      .filter((call) => callback !== "error" || !notByError.includes(call))
      // These two need megabytes of output. In the short form, each call is made in one of them.
      .filter((_, at) => !scene.isShort || callback !== "drain" || at % 2 === 0)
      .filter((_, at) => !scene.isShort || callback !== "dropped" || at % 2 === 1)
      .map((call) => [callback, call] as const),
  );
  const rounds = scene.size(5, 1);
  await scene.times(
    cells.length * rounds,
    (index) => reenter(scene, ...cells[index % cells.length], index),
    16,
  );
  scene.note("cells", cells.length);
}

/** Applications that treat the library badly. */
export const callers: readonly Attack[] = [
  {
    name: "memory that changes while it is sent",
    group,
    about:
      "a worker thread changes and lengthens shared memory while a server and a client send it, plain and compressed",
    setup,
    thresholds: { memory: 256, kept: 64 },
    compares: false,
    run: changeMemory,
  },
  {
    name: "a huge message",
    group,
    about: "the `open` handler sends a message of 2 GiB and closes (short: 70 MB)",
    setup,
    // Reading the message makes its pages resident. A copy would take 2,048.
    thresholds: { memory: 1_024 },
    compares: false,
    run: sendHuge,
  },
  {
    name: "values of wrong types",
    group,
    about: "the application passes wrong values to every method and option; each call must throw",
    setup,
    thresholds: { memory: 96 },
    compares: false,
    run: passValues,
  },
  {
    name: "every method in every callback",
    group,
    about:
      "each callback calls each method, throws, rejects or never settles, and is called again from within",
    setup,
    thresholds: { memory: 256 },
    compares: false,
    run: reenterAll,
  },
];
