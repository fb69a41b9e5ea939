import type { CloseInfo } from "@framewright/codec";
import type { UsedBlob } from "../runtime/blob.ts";
import type { CheckedMessage } from "./check-message.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { BlobSession } from "./outgoing-blobs.ts";

/** What a socket uses of the topics of its server. */
export interface SocketTopics {
  subscribe(socket: object, topic: string): boolean;
  unsubscribe(socket: object, topic: string): boolean;
  topicsOf(socket: object): ReadonlySet<string>;
}

/** What a socket uses of its session. */
export interface SocketSession extends BlobSession {
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
  admits(message: CheckedMessage | UsedBlob, length: number): boolean;
  reportDropped(message: CheckedMessage | UsedBlob): void;
  /** Returns false if the connection is closing or closed. */
  sendBlob(blob: UsedBlob): boolean;
  flush(): void;
  shutDown(statusCode: number, reason: string | undefined): void;
  failed(error: Error): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}
