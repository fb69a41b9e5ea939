import type { CloseInfo, PreparedMessage } from "@framewright/codec";
import type { Message, MessageQueue } from "./message-queue.ts";
import type { StreamingSession } from "./outgoing-stream.ts";

/** What a socket uses of the topics of its server. */
export interface SocketTopics {
  subscribe(socket: object, topic: string): boolean;
  unsubscribe(socket: object, topic: string): boolean;
  topicsOf(socket: object): ReadonlySet<string>;
}

/** What a socket uses of its session. */
export interface SocketSession extends StreamingSession {
  readonly transport: { readonly remoteAddress: string };
  readonly messages: MessageQueue | undefined;
  /** Undefined on a client. */
  readonly topics: SocketTopics | undefined;
  needsDrain: boolean;
  checksEachMessage: boolean;
  drainWaiters: ((isDrained: boolean) => void)[] | undefined;
  closeWaiter: ((info: CloseInfo) => void) | undefined;
  /** Duration of the last round trip of a heartbeat in microseconds; -1 if there was none. */
  readonly latencyTime: number;
  admits(message: Message | PreparedMessage, length: number): boolean;
  reportDropped(message: Message | PreparedMessage): void;
  flush(): void;
  shutDown(statusCode: number, reason: string | undefined): void;
  failed(error: Error): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}
