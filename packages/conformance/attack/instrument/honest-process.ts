/**
 * The process of the honest clients. They are clients of `ws`, which shares no code with ours, or
 * streams of HTTP/2.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import { openSession } from "../../src/stream-peer.ts";
import { answerLines } from "./answer-lines.ts";
import type { HonestReport, Latencies, Phase } from "./figures.ts";
import { honestCount } from "./honest-count.ts";
import { Http2Client } from "./http2-client.ts";

/** What the instrument asks for. */
export interface HonestQuestion {
  readonly open?: { readonly port: number; readonly ca?: string; readonly isHttp2: boolean };
  readonly enter?: Phase;
  readonly close?: boolean;
}

/** Pauses of a connection and between newcomers, in milliseconds. */
const pause = 25;
const newcomerPause = 100;
/** Longest wait for an answer in milliseconds: the server no longer serves the others. */
const patience = 30_000;

/** All honest clients of one attack. */
class Crowd {
  private readonly url: string;
  private readonly options: WebSocket.ClientOptions;
  private readonly times = { before: [], during: [], after: [] } as Record<Phase, number[]>;
  private readonly newcomers: number[] = [];
  private readonly turnedAway: string[] = [];
  private readonly failures: string[] = [];
  private phase: Phase = "before";
  private isOver = false;
  private exchanges: Promise<unknown>[] = [];
  /** If set, opens every other client on this connection of HTTP/2, and newcomers on their own. */
  private readonly openStream: ((isNewcomer: boolean) => Promise<Http2Client>) | undefined;
  private readonly endSession: (() => Promise<void>) | undefined;
  private opened = 0;

  constructor({ port, ca, isHttp2 }: NonNullable<HonestQuestion["open"]>) {
    if (isHttp2 && ca !== undefined) {
      const session = openSession(port, { ca }).then((one) => one.on("error", () => {}));
      this.openStream = async (isNewcomer) =>
        Http2Client.open(port, ca, isNewcomer ? undefined : await session);
      this.endSession = async () => void (await session).close();
    }
    this.url = `${ca === undefined ? "ws" : "wss"}://127.0.0.1:${port}/`;
    this.options = { ca, perMessageDeflate: false, handshakeTimeout: patience };
  }

  async open(): Promise<void> {
    const opening = Array.from({ length: honestCount }, () => this.connect(false));
    const sockets = await Promise.all(opening);
    this.exchanges = sockets.map((socket, index) =>
      this.exchange(socket, index).catch((error) => this.failures.push(error.message)),
    );
    await this.enter("before");
  }

  async enter(phase: Phase): Promise<void> {
    this.phase = phase;
    const wanted = this.times[phase].length + 2 * honestCount;
    const deadline = performance.now() + patience;
    if (phase === "during") this.exchanges.push(this.sendNewcomers());
    while (this.times[phase].length < wanted && performance.now() < deadline) await delay(10);
  }

  async close(): Promise<HonestReport> {
    this.isOver = true;
    await Promise.all(this.exchanges);
    await this.endSession?.();
    const last = await this.newcome();
    if (last !== "hello") this.failures.push(`after the attack: ${last} for a new client`);
    const { before, during, after } = this.times;
    return {
      before: latencies(before),
      during: latencies(during),
      after: latencies(after),
      failures: this.failures,
      newcomers: latencies(this.newcomers),
      turnedAway: this.turnedAway,
    };
  }

  private async connect(isNewcomer: boolean): Promise<WebSocket | Http2Client> {
    const isStream = this.opened++ % 2 === 1;
    if (isStream && this.openStream !== undefined) return this.openStream(isNewcomer);
    const socket = new WebSocket(this.url, this.options);
    socket.on("error", () => {});
    const opened = once(socket, "open");
    const failed = once(socket, "close").then(() => {
      throw new Error("was refused or ended");
    });
    failed.catch(() => {});
    await Promise.race([opened, failed]);
    return socket;
  }

  private async exchange(socket: WebSocket | Http2Client, index: number): Promise<void> {
    for (let number = 0; ; number++) {
      const { phase, isOver } = this;
      const text = `connection ${index}, message ${number}`;
      const start = performance.now();
      const answer = await echoOf(socket, text);
      if (answer !== text) throw new Error(`${phase} the attack: ${answer} instead of ${text}`);
      this.times[phase].push(performance.now() - start);
      if (isOver) break;
      await delay(pause);
    }
    socket.close();
  }

  /** Opens one connection after the other, each for one echo. */
  private async sendNewcomers(): Promise<void> {
    while (this.phase === "during") {
      const start = performance.now();
      const answer = await this.newcome();
      if (answer === "hello") this.newcomers.push(performance.now() - start);
      else if (this.phase === "during") this.turnedAway.push(answer);
      await delay(newcomerPause);
    }
  }

  /** Opens a connection for one echo. Returns the echo, or what happened instead. */
  private async newcome(): Promise<string> {
    const socket = await this.connect(true).catch((error: Error) => error);
    if (socket instanceof Error) return socket.message;
    const answer = await echoOf(socket, "hello");
    socket.close();
    return answer;
  }
}

/** Sends text and returns the next text, or what happened instead. Broadcasts are binary. */
function echoOf(socket: WebSocket | Http2Client, text: string): Promise<string> {
  return new Promise((resolve) => {
    const settle = (answer: string) => {
      clearTimeout(timer);
      socket.off("message", onMessage);
      socket.off("close", onClose);
      resolve(answer);
    };
    const timer = setTimeout(settle, patience, `no answer within ${patience} ms`);
    const onMessage = (data: WebSocket.RawData, isBinary: boolean) => {
      if (!isBinary) settle(String(data));
    };
    const onClose = (statusCode: number) => settle(`a close with ${statusCode}`);
    socket.on("message", onMessage).on("close", onClose);
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
    else settle("a connection that has ended");
  });
}

function latencies(times: number[]): Latencies {
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
  return {
    count: times.length,
    median: at(0.5),
    p99: at(0.99),
    longest: times.at(-1) ?? Number.NaN,
  };
}

let crowd: Crowd | undefined;
answerLines<HonestQuestion>({}, async ({ open, enter, close }) => {
  if (open !== undefined) {
    crowd = new Crowd(open);
    await crowd.open();
  }
  if (enter !== undefined) await crowd?.enter(enter);
  return close === true ? crowd?.close() : {};
});
