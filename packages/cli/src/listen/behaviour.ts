import { setTimeout as delay } from "node:timers/promises";
import type { Server, Socket } from "framewright";
import type { Reply } from "./replies.ts";
import { ReplyTurn } from "./replies.ts";

/** What the server keeps of a connection. */
export interface Client {
  readonly id: number;
  readonly turn: ReplyTurn | undefined;
}

/** What a server does with a message. A promise pauses the peer. */
export type Behaviour = (socket: Socket<Client>, data: string | Uint8Array) => unknown;

/** Sends each message back. */
export const echo: Behaviour = async (socket, data) => {
  if (socket.send(data) === "queued") await socket.drained;
};

/** Reads messages and sends nothing. */
export const silent: Behaviour = () => {};

/** Sends each message to all other connections. Peers that read too slowly miss messages. */
export function broadcastTo(server: () => Server<Client>): Behaviour {
  return (socket, data) => {
    server().broadcast(data, { except: socket, maxBufferedAmount: 1_048_576 });
  };
}

/** Answers with the replies of a file. */
export const reply: Behaviour = async (socket, data) => {
  const chosen = socket.data.turn?.take(data);
  if (chosen === undefined) return;
  if (chosen.delay > 0) await delay(chosen.delay);
  if (chosen.data !== undefined && socket.send(chosen.data) === "queued") await socket.drained;
  if (chosen.close !== undefined) socket.close(chosen.close);
};

/** Creates what the server keeps of connections. */
export function clientFactory(replies: readonly Reply[] | undefined): () => Client {
  let id = 0;
  return () => ({ id: ++id, turn: replies === undefined ? undefined : new ReplyTurn(replies) });
}
