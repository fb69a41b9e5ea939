import { setTimeout as delay } from "node:timers/promises";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { type Client, type Manners, nextLine, rest } from "../../src/limits/scene.ts";
import type { Cross } from "./limit-case.ts";

const write = new FrameWriter("client");
/** Removes Pings, and of equal lines that stood around them all but one. */
const withoutPings = (lines: readonly string[]) =>
  lines
    .filter((line) => line !== "ping")
    .filter((line, index, others) => line !== others[index - 1]);

/** Opens a connection, sends these bytes, and reads until the end. */
export function sends(bytes: Uint8Array, client?: Client, manners?: Manners): Cross {
  return async (scene) => {
    const peer = await scene.open(client);
    await peer.send(bytes);
    return rest(peer, manners);
  };
}

/** Opens a connection and only listens. */
export const listens = (client?: Client, manners?: Manners) =>
  sends(new Uint8Array(0), client, manners);

/** Sends these bytes and reads one frame for each line that is expected. */
export function exchanges(bytes: Uint8Array, frames: number, client?: Client): Cross {
  return async (scene) => {
    const peer = await scene.open(client);
    await peer.send(bytes);
    const lines: string[] = [];
    for (let i = 0; i < frames; i++) lines.push(await nextLine(peer));
    return lines;
  };
}

/** Answers several Pings. */
export function answersPings(count: number): Cross {
  return async (scene) => {
    const peer = await scene.open();
    const lines: string[] = [];
    for (let i = 0; i < count; i++) {
      const frame = await peer.takeFrame();
      lines.push(frame?.opcode === opcodes.ping ? "ping" : `no ping: ${frame?.opcode}`);
      await peer.send(write.pong(frame?.payload));
    }
    await peer.send(write.text("still here"));
    return [...lines, await nextLine(peer)];
  };
}

/** Sends one message over more time than the heartbeat allows, and never answers a Ping. */
export function sendsSlowly(pieces: number, interval: number): Cross {
  return async (scene) => {
    const peer = await scene.open();
    const frame = write.binary(new Uint8Array(pieces * 1_000));
    for (let at = 0; at < frame.length; at += 1_000) {
      await peer.send(frame.subarray(at, at + 1_000));
      await delay(interval);
    }
    for (;;) {
      const line = await nextLine(peer);
      if (line !== "ping") return [line];
    }
  };
}

/** Sends more than the server reads ahead while its socket is paused, and answers Pings. */
export function waitsWhilePaused(milliseconds: number, messages: number): Cross {
  return async (scene) => {
    const peer = await scene.open();
    await peer.send(write.text(`!pause ${milliseconds}`));
    for (let i = 0; i < messages; i++) await peer.send(write.binary(new Uint8Array(65_536)));
    await peer.send(write.text("!close 4000"));
    return withoutPings(await rest(peer));
  };
}

/** Sends Pings until the server closes. */
export function pingsUntilClosed(): Cross {
  return async (scene) => {
    const peer = await scene.open();
    const timer = setInterval(() => peer.send(write.ping()), 20);
    const lines = await rest(peer).finally(() => clearInterval(timer));
    return lines.filter((line) => line !== "pong");
  };
}

/** Opens several connections together, and notes whether they are closed together. */
export function openTogether(count: number, client: Client): Cross {
  return async (scene) => {
    const peers = await Promise.all(Array.from({ length: count }, () => scene.open(client)));
    const times: number[] = [];
    const lines = await Promise.all(
      peers.map(async (peer) => {
        const [line] = withoutPings(await rest(peer));
        times.push(performance.now());
        return line;
      }),
    );
    const spread = Math.max(...times) - Math.min(...times);
    return [...new Set(lines), spread > 20 ? "at different times" : `within ${spread} ms`];
  };
}

const length = 65_536;

/**
 * Does not read while the server sends much.
 *
 * @param action - How it sends; see `act`.
 */
export function doesNotRead(action: string, count: number): Cross {
  return async (scene) => {
    const peer = await scene.open();
    peer.socket.pause();
    await peer.send(write.text(`!${action} ${count} ${length}`));
    await scene.reported(({ events }) => events.length > 0);
    peer.socket.resume();
    const lines = await rest(peer);
    // After a reset, what was received before is lost as well.
    return lines.filter((line) => line !== "binary");
  };
}

/** Does the same, then reads everything, and goes on. */
export function readsLate(action: string, count: number): Cross {
  return async (scene) => {
    const peer = await scene.open();
    peer.socket.pause();
    await peer.send(write.text(`!${action} ${count} ${length}`));
    await scene.reported(({ dropped }) => dropped > 0);
    await peer.send(write.ping());
    // The server answers the Ping when it has sent the last message.
    const { dropped } = await scene.reported(({ stats }) => stats.bytesReceived > 0);
    peer.socket.resume();
    let received = 0;
    let line = await nextLine(peer);
    for (; line === "binary"; line = await nextLine(peer)) received++;
    const report = await scene.report();
    const isAll = received + report.dropped === count && report.dropped >= dropped;
    await peer.send(write.text("later"), write.text("!close 4000"));
    return [
      isAll ? "received or dropped" : `${received} and ${dropped}`,
      line,
      ...(await rest(peer)),
    ];
  };
}

/**
 * Several peers do not read; most waits for the first. When the others are disconnected, they
 * read what they got.
 */
export function fillsSendMemory(counts: readonly number[]): Cross {
  return async (scene) => {
    const peers = [];
    for (const [index, count] of counts.entries()) {
      const peer = await scene.open();
      peers.push(peer);
      peer.socket.pause();
      await peer.send(write.text(`!send ${count} ${length}`));
      const total = counts.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
      await scene.reported(({ stats }) => stats.messagesSent >= total);
    }
    const lines: string[] = [];
    for (const [index, peer] of peers.entries()) {
      peer.socket.resume();
      if (index > 0) await peer.send(write.text("!close 4000"));
      const received = await rest(peer);
      lines.push(index > 0 ? received.join(", ") : (received.at(-1) as string));
    }
    return lines;
  };
}

/** Sends many messages at once. */
export function sendsAtOnce(count: number, client: Client): Cross {
  return async (scene) => {
    const peer = await scene.open(client);
    for (let number = 0; number < count; number++) await peer.send(write.text(`${number}`));
    for (let number = 0; number < count; number++) {
      const line = await nextLine(peer);
      if (line !== `text ${number}`) return [`${line} instead of ${number}`];
    }
    return ["all in order"];
  };
}

/** Sends much more than is allowed, and looks how much the server has read after a while. */
export function floods(count: number, client: Client): Cross {
  return async (scene) => {
    const peer = await scene.open(client);
    const frame = write.binary(new Uint8Array(length));
    for (let i = 0; i < count; i++) await peer.send(frame);
    await scene.reported(({ stats }) => stats.messageRateExceeded > 0);
    await delay(500);
    const { stats } = await scene.report();
    const isHeldBack = stats.bytesReceived < 2 ** 20 && peer.socket.writableLength > 0;
    const { writableLength } = peer.socket;
    return [
      isHeldBack ? "held back" : `${stats.bytesReceived} received, ${writableLength} not sent`,
    ];
  };
}
