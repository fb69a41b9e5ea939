import type { Socket } from "node:net";

/** How the other end of a connection under test ends it. */
export const endings = ["end", "reset", "destroy"] as const;
export type Ending = (typeof endings)[number];

/** The other end of a connection under test, over plain TCP. */
export class RawEnd {
  isClosed = false;
  private readonly socket: Socket;
  private readonly received: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.received.push(bytes));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  /** @param apart - Whether the pieces are written in turns of their own. */
  async write(pieces: readonly Uint8Array[], apart: boolean): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.writable) this.socket.write(piece);
      if (apart) await turn();
    }
  }

  end(ending: Ending): void {
    if (ending === "end") this.socket.end();
    else if (ending === "reset") this.socket.resetAndDestroy();
    else this.socket.destroy();
  }
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Milliseconds. Less than the time after which an input counts as one that hangs. */
const patience = 8_000;

/** Waits until a condition holds. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const start = performance.now();
  for (let turns = 0; !condition(); turns++) {
    if (performance.now() > start + patience) throw new Error(what());
    if (turns < 200) await turn();
    else await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
