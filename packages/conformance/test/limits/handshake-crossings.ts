import { FrameWriter } from "../../src/frame-bytes.ts";
import { type Client, httpAnswer, nextLine, rest, upgradeTo } from "../../src/limits/scene.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import type { Cross } from "./limit-case.ts";

const write = new FrameWriter("client");

/** Asks once. */
export function asks(client: Client): Cross {
  return async (scene) => [await scene.answerTo(client)];
}

/**
 * Opens as many connections as are allowed, and asks for one more; asks as another client; closes
 * one, and asks again.
 */
export function fills(count: number, client: Client = {}, other?: Client): Cross {
  return async (scene) => {
    const opened: RawPeer[] = [];
    for (let i = 0; i < count; i++) opened.push(await scene.open(client));
    const answers = [await scene.answerTo(client)];
    if (other !== undefined) answers.push(await scene.answerTo(other));
    await opened[0].send(write.close(1000));
    await rest(opened[0], { closes: false });
    await scene.reported(({ events }) => events.includes("close 1000 clean"));
    return [...answers, await scene.answerTo(client)];
  };
}

/**
 * Opens connections that say nothing, one more than twice as many as may be pending, and returns what
 * they get, in the order in which they were opened.
 */
export function saysNothing(maxPendingHandshakes: number): Cross {
  return async (scene) => {
    const silent: RawPeer[] = [];
    const connect = async () => void silent.push(await scene.connect());
    for (let i = 0; i < maxPendingHandshakes; i++) await connect();
    await scene.reported(({ stats }) => stats.pendingHandshakes === maxPendingHandshakes);
    for (let i = 0; i <= maxPendingHandshakes; i++) await connect();
    const answers = await Promise.all(silent.map(httpAnswer));
    scene.destroyPeers();
    await scene.reported(({ stats }) => stats.pendingHandshakes === 0);
    return [...answers, await scene.answerTo()];
  };
}

/** Sends these bytes and no more. */
export function sendsOnly(bytes: Uint8Array): Cross {
  return async (scene) => {
    const peer = await scene.connect();
    await peer.send(bytes);
    return [await httpAnswer(peer)];
  };
}

/** Sends a message of this length with its header while `accept` decides, for some milliseconds. */
export function sendsWhileUndecided(length: number, wait: number): Cross {
  return async (scene) => {
    const peer = await scene.connect();
    // 8 bytes are the header with a 16-bit length and the masking key, 14 with a 64-bit length.
    const headerLength = length - 8 < 65_536 ? 8 : 14;
    const frame = write.binary(new Uint8Array(length - headerLength));
    await peer.send(upgradeTo({ target: `/?wait=${wait}` }), frame.subarray(0, 1_000));
    await peer.send(frame.subarray(1_000));
    const answer = await httpAnswer(peer);
    return answer === "101" ? [answer, await nextLine(peer)] : [answer];
  };
}

/** Leaves while `accept` decides. */
export function leaves(leave: (peer: RawPeer) => void): Cross {
  return async (scene) => {
    const peer = await scene.ask({ target: "/?wait=100000" });
    await scene.reported(({ stats }) => stats.pendingHandshakes === 1);
    leave(peer);
    await peer.ended();
    return [await httpAnswer(peer)];
  };
}
