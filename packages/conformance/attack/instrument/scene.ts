import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { upgradeTo } from "../../src/attack/attacked-server.ts";
import type { CertificateFiles } from "../../src/certificates.ts";
import type { RuntimeName } from "../../src/runtimes.ts";
import { askServer } from "./ask-server.ts";
import { AttackingPeer } from "./attacking-peer.ts";
import type { Victim } from "./victim.ts";

/**
 * How long a victim may take to end connections, in milliseconds. The default timeouts of others
 * are up to a minute, for which nobody waits here.
 */
const ending = 30_000;
const endingOfOthers = 3_000;
/** Number of connections that are opened at once. */
const openingAtOnce = 50;

/** What an attack can do, and where it says what it saw. */
export class Scene {
  readonly port: number;
  readonly isOurs: boolean;
  readonly isShort: boolean;
  /** Wrong answers. */
  readonly faults: string[] = [];
  readonly notes: Record<string, string> = {};
  readonly certificates: CertificateFiles;
  readonly victim: Victim;
  private readonly peers = new Set<AttackingPeer>();

  constructor(victim: Victim, isShort: boolean, certificates: CertificateFiles) {
    this.certificates = certificates;
    this.victim = victim;
    this.port = victim.port;
    this.isOurs = victim.contender.isOurs;
    this.isShort = isShort;
  }

  /** Chooses a number for the full and the short form. */
  size(full: number, short: number): number {
    return this.isShort ? short : full;
  }

  /** The duration of something that goes on, in milliseconds. */
  get duration(): number {
    return this.size(1_000, 300);
  }

  /** CPU time of the victim so far, in milliseconds. */
  get cpuTime(): number {
    return this.victim.cpuTime;
  }

  /** Number of connections that the victim has open, the honest ones included. */
  async openConnections(): Promise<number> {
    return (await this.victim.report()).openConnections;
  }

  /** The runtime of the victim. */
  get runtime(): RuntimeName {
    return this.victim.contender.runtime;
  }

  /** Asks the victim's application for something with a plain HTTP request. */
  async ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return askServer<T>(this.port, path, query);
  }

  /** Number of the victim's open descriptors. */
  get descriptors(): number {
    return this.victim.descriptors;
  }

  /** Opens a TCP connection, to the victim unless a port is given. */
  connect(port = this.port): Promise<AttackingPeer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        const peer = new AttackingPeer(socket);
        this.peers.add(peer);
        socket.once("close", () => this.peers.delete(peer));
        resolve(peer);
      });
    });
  }

  /** Opens a WebSocket connection. The query tells the application what to do. */
  async open(
    query: Readonly<Record<string, string>> = {},
    ...lines: string[]
  ): Promise<AttackingPeer> {
    const peer = await this.connect();
    await peer.send(upgradeTo(query, ...lines));
    const head = await peer.takeHead();
    if (!head?.startsWith("HTTP/1.1 101 ")) throw new Error(`not opened: ${head}`);
    return peer;
  }

  /** Does something as many times, some of them at once. */
  async times<T>(
    count: number,
    act: (index: number) => Promise<T>,
    atOnce = openingAtOnce,
  ): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const index = next++;
        results[index] = await act(index);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return results;
  }

  /** Opens many WebSocket connections. */
  openMany(count: number, ...lines: string[]): Promise<AttackingPeer[]> {
    return this.times(count, () => this.open({}, ...lines));
  }

  /** Does something again and again until `milliseconds` have passed. */
  async during(milliseconds: number, act: () => Promise<unknown>): Promise<number> {
    const end = performance.now() + milliseconds;
    let count = 0;
    for (; performance.now() < end; count++) await act();
    return count;
  }

  /** Records a fault unless both are the same. Other servers may answer in other ways. */
  expect(what: string, got: unknown, wanted: unknown): void {
    const [text, wantedText] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (text !== wantedText) this.faults.push(`${what}: ${text} instead of ${wantedText}`);
  }

  /** Shows a figure in the report. */
  note(name: string, value: number | string): void {
    this.notes[name] = typeof value === "number" ? value.toLocaleString("en") : value;
  }

  /**
   * Waits until the victim has ended each connection. What is open when it should long have ended is
   * counted as a fault.
   */
  async allEnded(peers: readonly AttackingPeer[]): Promise<void> {
    const deadline = performance.now() + (this.isOurs ? ending : endingOfOthers);
    const open = () => peers.filter(({ inputEnd }) => inputEnd === undefined).length;
    while (open() > 0 && performance.now() < deadline) await delay(20);
    this.expect("connections that the server should have ended", open(), 0);
  }

  /** Resets what is still open. */
  async leave(): Promise<void> {
    for (const peer of this.peers) peer.socket.destroy();
    while (this.peers.size > 0) await delay(5);
  }
}
