import { type Socket, StatusCode } from "@framewright/websocket";
import {
  type Person,
  parseClientMessage,
  type Runtime,
  type Said,
  type ServerMessage,
} from "./protocol.ts";
import type { Participant, Visitor } from "./visitor.ts";

/** Number of messages that a new participant is shown. */
const historyLength = 50;
/** Maximum number of participants. */
const capacity = 200;
/**
 * Maximum number of bytes queued for one client. A client that exceeds it is disconnected, so that
 * slow readers do not exhaust memory.
 */
const mostBuffered = 1_048_576;

/** The participants and the recent messages. Both are bounded. */
export class Room {
  private readonly runtime: Runtime;
  private readonly run = crypto.randomUUID();
  private readonly people = new Map<Socket<Visitor>, Participant>();
  private readonly history: Said[] = [];
  private nextId = 1;
  private nextNumber = 1;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  get full(): boolean {
    return this.people.size >= capacity;
  }

  get empty(): boolean {
    return this.people.size === 0;
  }

  /** Makes a participant, who is in the room only after `join`. */
  participant(name: string, view: Socket<Visitor> | undefined): Participant {
    return { kind: "participant", room: this, id: this.nextId++, name, view, alive: true };
  }

  join(socket: Socket<Visitor>, newcomer: Participant): void {
    const joined = { type: "joined", ...person(newcomer), time: Date.now() } as const;
    this.broadcast(joined);
    this.people.set(socket, newcomer);
    deliver(
      socket,
      JSON.stringify({
        type: "welcome",
        id: newcomer.id,
        run: this.run,
        runtime: this.runtime,
        people: [...this.people.values()].map(person),
        history: this.history,
      } satisfies ServerMessage),
    );
  }

  leave(socket: Socket<Visitor>): void {
    const participant = this.people.get(socket);
    if (participant === undefined) return;
    this.people.delete(socket);
    this.broadcast({ type: "left", ...person(participant), time: Date.now() });
  }

  /** Handles a participant's message. Closes the connection if the page could not have sent it. */
  receive(socket: Socket<Visitor>, sender: Participant, data: string | Uint8Array): void {
    if (typeof data !== "string") {
      return socket.close(StatusCode.UnsupportedData, "the room takes text messages only");
    }
    const message = parseClientMessage(data);
    if (message === undefined) {
      return socket.close(StatusCode.PolicyViolation, "invalid message");
    }
    if (message.type === "say") this.say(sender, message.text);
    else this.rename(sender, message.name);
  }

  /** Closes all participants' connections. Settles when they are closed. */
  async close(statusCode: number): Promise<void> {
    const sockets = [...this.people.keys()];
    for (const socket of sockets) socket.close(statusCode);
    await Promise.all(sockets.map((socket) => socket.closed));
  }

  private say(sender: Participant, text: string): void {
    const said: Said = {
      type: "said",
      number: this.nextNumber++,
      ...person(sender),
      text,
      time: Date.now(),
    };
    this.history.push(said);
    if (this.history.length > historyLength) this.history.shift();
    this.broadcast(said);
  }

  private rename(participant: Participant, name: string): void {
    const was = participant.name;
    if (name === was) return;
    participant.name = name;
    this.broadcast({ type: "renamed", ...person(participant), was, time: Date.now() });
  }

  private broadcast(message: ServerMessage): void {
    const text = JSON.stringify(message);
    for (const socket of this.people.keys()) deliver(socket, text);
  }
}

/** Sends a text, or closes the connection if too many bytes are queued for it. */
function deliver(socket: Socket<Visitor>, text: string): void {
  if (socket.bufferedAmount <= mostBuffered) socket.send(text);
  else socket.close(StatusCode.TryAgainLater, "you read too slowly");
}

function person({ id, name }: Participant): Person {
  return { id, name };
}
