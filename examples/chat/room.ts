import { type Socket, StatusCode } from "@framewright/websocket";
import {
  type Person,
  parseClientMessage,
  type Runtime,
  type Said,
  type ServerMessage,
} from "./protocol.ts";
import type { Participant, Visitor } from "./visitor.ts";

/** How many messages a newcomer gets to see. */
const historyLength = 50;
/** How many people fit in. */
const capacity = 200;
/** A client that lets more than this many bytes wait does not keep up: memory is not for it alone. */
const mostBuffered = 1_048_576;

/** Who is here and what was said. Everything in it is bounded. */
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

  /** A new participant, who is not in the room before `join`. */
  participant(name: string, view: Socket<Visitor> | undefined): Participant {
    return { kind: "participant", id: this.nextId++, name, view, alive: true };
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

  /** Takes a message of a participant, who goes when it is not one that a page would send. */
  receive(socket: Socket<Visitor>, sender: Participant, data: string | Uint8Array): void {
    if (typeof data !== "string") {
      return socket.close(StatusCode.UnsupportedData, "the room takes text");
    }
    const message = parseClientMessage(data);
    if (message === undefined) {
      return socket.close(StatusCode.PolicyViolation, "not a message of this room");
    }
    if (message.type === "say") this.say(sender, message.text);
    else this.rename(sender, message.name);
  }

  /** Says goodbye to everyone; settles when they are gone. */
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

/** Sends a text, unless too much waits already: then nothing more, and the client has to come back. */
function deliver(socket: Socket<Visitor>, text: string): void {
  if (socket.bufferedAmount <= mostBuffered) socket.send(text);
  else socket.close(StatusCode.TryAgainLater, "you do not keep up");
}

function person({ id, name }: Participant): Person {
  return { id, name };
}
