import type { ServerMessage, Welcome } from "../protocol.ts";
import { Composer } from "./composer.ts";
import { RoomConnection, type Status } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { Nickname } from "./nickname.ts";
import { People } from "./people.ts";
import { StatusLine } from "./status-line.ts";
import { WirePanel } from "./wire-panel.ts";

const conversation = new Conversation();
const people = new People();
const panel = new WirePanel();
const connection = new RoomConnection({
  status: showStatus,
  message: receive,
  wireStarted: () => panel.start(),
  wire: (direction, bytes) => panel.push(direction, bytes),
});
const statusLine = new StatusLine(() => connection.retry());
const composer = new Composer((text) => connection.send({ type: "say", text }));
const nickname = new Nickname((name) => {
  connection.enter(name);
  composer.focus();
});

let ownId = 0;
/** The server run that was seen last, and the number of its last message. */
let run = "";
let lastNumber = 0;
let wasOpen = false;

nickname.start();

function showStatus(status: Status): void {
  statusLine.showStatus(status);
  composer.setConnected(status.state === "open");
  if (status.state === "waiting" && wasOpen) {
    wasOpen = false;
    people.reset([], 0);
    conversation.note(Date.now(), "Connection lost");
  }
}

function receive(message: ServerMessage): void {
  switch (message.type) {
    case "welcome":
      return welcome(message);
    case "said":
      lastNumber = message.number;
      return conversation.say(message, message.id === ownId);
    case "joined":
      people.set(message);
      return conversation.joined(message);
    case "left":
      people.delete(message.id);
      return conversation.left(message);
    case "renamed":
      people.set(message);
      if (message.id === ownId) nickname.show(ownId, message.name);
      return conversation.renamed(message.was, message.name, message.time);
  }
}

/** After a reconnect, adds only the messages that were missed. */
function welcome({ id, run: newRun, runtime, history, people: present }: Welcome): void {
  const again = run !== "";
  const missed = newRun === run ? history.filter(({ number }) => number > lastNumber) : history;
  ownId = id;
  run = newRun;
  lastNumber = history.at(-1)?.number ?? 0;
  wasOpen = true;

  statusLine.showRuntime(runtime);
  people.reset(present, ownId);
  for (const said of missed) conversation.say(said, false);
  const self = present.find((person) => person.id === ownId);
  if (self === undefined) return;
  nickname.show(ownId, self.name);
  if (again) conversation.note(Date.now(), "Reconnected");
  else conversation.note(Date.now(), "You joined");
}
