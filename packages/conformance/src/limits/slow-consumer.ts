import type { Message, ServeOptions } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../attack/subject-types.ts";
import { answer } from "./actions.ts";

/** Time for which a slow consumer handles a binary message, in milliseconds. */
const handlingTime = 2;

/** Handles binary messages slowly, one after another, and answers text at once. */
export class SlowConsumer {
  /** Bytes of the binary messages that were handled. */
  consumed = 0;
  /** Bytes of the frames of all messages that were handled. */
  private handled = 0;
  /** Maximum number of bytes that were received and not handled. */
  mostWaiting = 0;
  private readonly received: () => number;

  /** @param received - Returns the number of bytes that the server has received. */
  constructor(received: () => number) {
    this.received = received;
  }

  handlers(how: "message" | "for await"): Pick<ServeOptions<Query>, "message" | "open"> {
    if (how === "message") return { message: (socket, data) => this.handle(socket, data) };
    return {
      open: async (socket) => {
        for await (const data of socket) await this.handle(socket, data);
      },
    };
  }

  private handle(socket: SubjectSocket, data: Message): Promise<void> | undefined {
    if (typeof data === "string") {
      this.handled += frameLength(data.length);
      answer(socket, data);
      return undefined;
    }
    this.mostWaiting = Math.max(this.mostWaiting, this.received() - this.handled);
    return new Promise((resolve) =>
      setTimeout(() => {
        this.consumed += data.length;
        this.handled += frameLength(data.length);
        resolve();
      }, handlingTime),
    );
  }
}

/** The length of a masked frame (RFC 6455 section 5.2). */
function frameLength(payloadLength: number): number {
  const extended = payloadLength < 126 ? 0 : payloadLength < 65_536 ? 2 : 8;
  return 2 + extended + 4 + payloadLength;
}
