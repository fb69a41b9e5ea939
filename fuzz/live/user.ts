import type { Handlers, Socket } from "@framewright/websocket";
import type { Choices } from "../input/choices.ts";

/** What the user of a socket does with each message, or with the first. */
export const behaviours = [
  "echo",
  "iterate",
  "close",
  "pause",
  "wait",
  "throw",
  "terminate",
  "broadcast",
] as const;
export type Behaviour = (typeof behaviours)[number];

/** The error that a handler throws on purpose. */
class PlannedError extends Error {}

/** Everything that a connection under test told its user. */
export class Record {
  readonly behaviour: Behaviour;
  readonly messages: (string | Uint8Array)[] = [];
  opens = 0;
  closes = 0;
  statusCode = 0;
  /** Whether the user ended the connection, so that further messages may not be handled. */
  isEnded = false;
  /** What must not happen. */
  readonly faults: string[] = [];

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
  }
}

export function readBehaviour(choices: Choices): Behaviour {
  return behaviours[choices.byte() % behaviours.length];
}

/** Handlers that record what they are called with and behave as the record says. */
export function handlersFor<Data>(recordOf: (socket: Socket<Data>) => Record): Handlers<Data> {
  return {
    open(socket) {
      const record = recordOf(socket);
      if (++record.opens > 1) record.faults.push("open twice");
    },
    message(socket, data) {
      const record = recordOf(socket);
      if (record.opens !== 1 || record.closes !== 0) record.faults.push("a message out of order");
      record.messages.push(data);
      return respond(socket, data, record);
    },
    close(socket, statusCode) {
      const record = recordOf(socket);
      if (++record.closes > 1) record.faults.push("close twice");
      record.statusCode = statusCode;
    },
    error(error, socket) {
      if (error instanceof PlannedError || socket === undefined) return;
      recordOf(socket).faults.push(`a handler failed: ${error}`);
    },
  };
}

function respond<Data>(
  socket: Socket<Data>,
  data: string | Uint8Array,
  record: Record,
): void | Promise<void> {
  const { behaviour } = record;
  if (behaviour === "throw" || behaviour === "close" || behaviour === "terminate") {
    record.isEnded = true;
  }
  if (behaviour === "throw") throw new PlannedError("planned");
  if (behaviour === "close") return socket.close(4_000, "enough");
  if (behaviour === "terminate") return socket.terminate();
  socket.send(data);
  if (behaviour === "wait") return new Promise((resolve) => setImmediate(resolve));
  if (behaviour === "pause") {
    socket.pause();
    setImmediate(() => socket.resume());
  }
}

/** Takes the messages of a socket without a `message` handler. */
export async function iterate<Data>(socket: Socket<Data>, record: Record): Promise<void> {
  for await (const data of socket) {
    record.messages.push(data);
    socket.send(data);
  }
}
