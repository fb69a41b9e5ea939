import type { WebSocketUrl } from "@framewright/codec/handshake";
import { globals } from "../runtime/globals.ts";
import type { Lookup } from "./addresses.ts";
import type { OpeningProgress, OpenTransport, TransportTarget } from "./open-transport.ts";

/** Looks up host names and connects to their addresses. */
export interface Addresses {
  readonly lookup: Lookup;
  /** Whether a URL has a host name to look up. */
  appliesTo(url: WebSocketUrl): boolean;
  readonly open: typeof openByAddress;
}

/**
 * Resolves the host name and opens a transport to the first of its addresses that TCP can connect
 * to. One that does not answer is left when its share of the time is over. See `OpenTransport`.
 *
 * @param timeLeft - Returns how long connecting may still take, in milliseconds. The caller aborts
 *   the signal then.
 */
export async function openByAddress(
  lookup: Lookup,
  open: OpenTransport,
  target: TransportTarget,
  progress: OpeningProgress,
  timeLeft: () => number,
): Promise<void> {
  progress.reached("lookup");
  const addresses = await lookup(target.url.hostname);
  if (progress.signal.aborted) return;
  progress.reached("connect");
  const end = globals.performance.now() + timeLeft();
  for (const [index, host] of addresses.entries()) {
    const left = addresses.length - index;
    const share = left === 1 ? undefined : (end - globals.performance.now()) / left;
    const attempt = new AddressAttempt(open, { ...target, host }, progress);
    try {
      return await attempt.open(share);
    } catch (error) {
      // What fails after TCP, such as the certificate, is not the fault of the address.
      if (attempt.isConnected || progress.signal.aborted || left === 1) throw error;
    }
  }
}

/** Opens a transport to one address. */
class AddressAttempt implements OpeningProgress {
  isConnected = false;
  private isOver = false;
  private readonly opens: OpenTransport;
  private readonly target: TransportTarget;
  private readonly progress: OpeningProgress;
  private readonly abort = new globals.AbortController();

  constructor(opens: OpenTransport, target: TransportTarget, progress: OpeningProgress) {
    this.opens = opens;
    this.target = target;
    this.progress = progress;
    progress.signal.addEventListener("abort", () => this.abort.abort());
  }

  get signal() {
    return this.abort.signal;
  }

  /** @param milliseconds - The time for TCP. Undefined: until the attempt is stopped. */
  open(milliseconds: number | undefined): Promise<void> {
    const opening = this.opens(this.target, this);
    if (milliseconds === undefined) return opening;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (this.isConnected) return;
        this.isOver = true;
        this.abort.abort();
        reject(new Error(`${this.target.host} does not answer`));
      };
      const timer = globals.setTimeout(giveUp, Math.max(milliseconds, 1), undefined);
      opening.then(resolve, reject).finally(() => globals.clearTimeout(timer));
      // The caller has stopped all attempts; a runtime may not settle this one any more.
      this.progress.signal.addEventListener("abort", () => globals.clearTimeout(timer));
    });
  }

  reached(step: Parameters<OpeningProgress["reached"]>[0]): void {
    // Also if the runtime looks up the address again.
    if (this.isOver || step === "lookup" || step === "connect") return;
    this.isConnected = true;
    this.progress.reached(step);
  }

  opened(transport: Parameters<OpeningProgress["opened"]>[0]): void {
    if (this.isOver) return transport.destroy();
    this.isConnected = true;
    this.progress.opened(transport);
  }
}
