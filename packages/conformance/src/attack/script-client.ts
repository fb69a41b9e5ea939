import { setTimeout as delay } from "node:timers/promises";
import { concat, FrameWriter, opcodes } from "../frame-bytes.ts";
import { RawPeer } from "../raw-peer.ts";
import { type AttackedServer, upgradeTo } from "./attacked-server.ts";
import type { CallScript } from "./modes/scripted.ts";
import { clientStatusCode, ScriptModel, sentMessages } from "./script-model.ts";
import { until } from "./until.ts";

/** A script, and how the client's frames are split. */
export interface ScriptCase {
  readonly script: CallScript;
  /** Whether all frames of the client are written at once. */
  readonly together: boolean;
}

/** Number of scripts that run at once. */
const scriptsAtOnce = 25;
/** How long a paused socket is observed, in milliseconds. */
const watchTime = 30;
/** Time limit in milliseconds. Less than the close timeout, which would also end a hung socket. */
const patience = 3_000;

const write = new FrameWriter("client");
let lastId = 0;

/** Runs all scripts and returns their faults. */
export async function faultsOf(
  server: AttackedServer,
  cases: readonly ScriptCase[],
): Promise<string[]> {
  const waiting = [...cases];
  const faults: string[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { script, together } = next;
      const found = await runScript(server, next).catch((error: Error) => [error.message]);
      const name = `${JSON.stringify(script)} ${together ? "in one piece" : "frame by frame"}`;
      faults.push(...found.map((fault) => `${name}: ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: scriptsAtOnce }, worker));
  return faults;
}

/** Plays the client of one script. */
async function runScript(
  server: AttackedServer,
  { script, together }: ScriptCase,
): Promise<string[]> {
  const id = String(++lastId);
  const look = async (path = "/log") =>
    new ScriptModel(JSON.parse(await server.get(`${path}?id=${id}`)));
  const peer = await RawPeer.connect(server.port);
  await peer.send(upgradeTo({ id, script: JSON.stringify(script) }));
  // There is no response if the script terminates the connection in `open`.
  await peer.takeHead();
  const sent = Promise.withResolvers<void>();
  const reading = readAll(peer, sent.promise);
  const sendAll = () => peer.send(...pieces).then(sent.resolve);
  const frames = [write.pong(), ...sentMessages.map((message) => write.text(message))];
  const pieces = together ? [concat(...frames)] : frames;
  const needsFrames = ["message", "async message", "pong"].some((callback) => callback in script);
  // Frames sent before these two callbacks would not show the effect of their calls.
  const sendsLate = !needsFrames && ("drain" in script || "later" in script);
  try {
    if (!sendsLate) await sendAll();
    const expected = Object.keys(script).length;
    await until(
      async () => {
        const model = await look();
        // Only resume paused sockets from outside: otherwise a socket that wrongly stopped reading
        // would go unnoticed.
        if (model.paused && model.ran.length < expected) await look("/resume");
        return model;
      },
      ({ ran, terminated, closed }) =>
        ran.length === expected || terminated || closed !== undefined,
      patience,
    );
    if (sendsLate) await sendAll();
    if ((await look()).paused) {
      await delay(watchTime);
      await look("/resume");
    }
    await reading.close();
    const { texts, pings } = await reading.ended;
    const model = await until(look, ({ closed }) => closed !== undefined, patience);
    model.checkEnd(texts, pings);
    return model.faults;
  } catch (error) {
    const log = await server.get(`/log?id=${id}`);
    throw new Error(`${(error as Error).message}; its log is ${log}`);
  } finally {
    peer.destroy();
  }
}

/**
 * Reads until the connection ends. Answers a Close frame unless one has been sent.
 *
 * @param sent - Settles when all messages have been sent: none may follow a Close frame.
 */
function readAll(peer: RawPeer, sent: Promise<void>) {
  const texts: string[] = [];
  let pings = 0;
  let closing = false;
  const close = async () => {
    await sent;
    if (!closing) await peer.send(write.close(clientStatusCode));
    closing = true;
  };
  const read = async () => {
    for (let frame = await peer.takeFrame(); frame !== undefined; frame = await peer.takeFrame()) {
      if (frame.opcode === opcodes.text) texts.push(Buffer.from(frame.payload).toString());
      else if (frame.opcode === opcodes.ping) pings++;
      else if (frame.opcode === opcodes.close) await close();
    }
    peer.end();
    return { texts, pings };
  };
  const ended = read();
  // The promise is awaited later.
  ended.catch(() => {});
  return { ended, close };
}
