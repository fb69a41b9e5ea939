import type { Person, Runtime, Said, ServerMessage, Welcome } from "../protocol.ts";
import { RoomConnection, type Status } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { FrameLog } from "./frame-log.ts";

/** Called when what the page shows of a room has changed. */
export interface RoomListener {
  changed(room: JoinedRoom): void;
  /** Somebody else said something. */
  heard(room: JoinedRoom): void;
}

/** A room that the page is in. It has a connection of its own. */
export class JoinedRoom {
  readonly name: string;
  readonly connection: RoomConnection;
  readonly conversation = new Conversation();
  readonly frames = new FrameLog();
  /** The text that has not been sent, while another room is selected. */
  draft = "";
  /** Number of messages since the room was last selected. */
  unread = 0;
  /** Undefined until the page has a nickname. */
  status: Status | undefined = undefined;
  runtime: Runtime | undefined = undefined;
  ownId = 0;
  private readonly byId = new Map<number, Person>();
  private readonly listener: RoomListener;
  /** The server run that was seen last, and the number of its last message. */
  private run = "";
  private lastNumber = 0;
  private wasOpen = false;

  constructor(name: string, listener: RoomListener) {
    this.name = name;
    this.listener = listener;
    this.connection = new RoomConnection(name, {
      status: (status) => this.take(status),
      message: (message) => {
        this.receive(message);
        if (message.type !== "said") listener.changed(this);
      },
      wireStarted: () => this.frames.start(),
      wire: (direction, bytes) => this.frames.push(direction, bytes),
    });
  }

  get people(): Iterable<Person> {
    return this.byId.values();
  }

  get ownName(): string | undefined {
    return this.byId.get(this.ownId)?.name;
  }

  private take(status: Status): void {
    this.status = status;
    if (status.state === "waiting" && this.wasOpen) {
      this.wasOpen = false;
      this.byId.clear();
      this.conversation.note(Date.now(), "Connection lost");
    }
    this.listener.changed(this);
  }

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        return this.welcome(message);
      case "said":
        return this.hear(message);
      case "joined":
        this.byId.set(message.id, message);
        return this.conversation.joined(message);
      case "left":
        this.byId.delete(message.id);
        return this.conversation.left(message);
      case "renamed":
        this.byId.set(message.id, message);
        return this.conversation.renamed(message.was, message.name, message.time);
    }
  }

  private hear(said: Said): void {
    this.lastNumber = said.number;
    const isOwn = said.id === this.ownId;
    this.conversation.say(said, isOwn);
    if (!isOwn) this.listener.heard(this);
  }

  /** After a reconnect, adds only the messages that were missed. */
  private welcome({ id, run, runtime, history, people }: Welcome): void {
    const again = this.run !== "";
    const missed =
      run === this.run ? history.filter(({ number }) => number > this.lastNumber) : history;
    this.ownId = id;
    this.run = run;
    this.runtime = runtime;
    this.lastNumber = history.at(-1)?.number ?? 0;
    this.wasOpen = true;
    this.byId.clear();
    for (const person of people) this.byId.set(person.id, person);
    for (const said of missed) this.conversation.say(said, false);
    this.conversation.note(Date.now(), again ? "Reconnected" : "You joined");
  }
}
