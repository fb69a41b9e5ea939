import { Composer } from "./composer.ts";
import { find } from "./element.ts";
import { JoinedRoom } from "./joined-room.ts";
import { Nickname } from "./nickname.ts";
import { People } from "./people.ts";
import { RoomDialog } from "./room-dialog.ts";
import { mostRooms, roomsInAddress, showInAddress } from "./room-list.ts";
import { StatusLine } from "./status-line.ts";
import { Tabs } from "./tabs.ts";
import { WirePanel } from "./wire-panel.ts";

const people = new People();
const panel = new WirePanel();
const statusLine = new StatusLine(() => selected.connection.retry());
const composer = new Composer((text) => selected.connection.send({ type: "say", text }));
const tabs = new Tabs((name) => select(rooms.get(name)));
const views = find("room-views", HTMLDivElement);
const addButton = find("add-room", HTMLButtonElement);
const leaveButton = find("leave-room", HTMLButtonElement);
const dialog = new RoomDialog((name) => {
  select(join(name));
  composer.focus();
});
const nickname = new Nickname((chosen) => {
  ownName = chosen;
  for (const { connection } of rooms.values()) connection.enter(chosen);
  composer.focus();
});

const rooms = new Map<string, JoinedRoom>();
let ownName: string | undefined;
let selected: JoinedRoom;

for (const name of roomsInAddress()) join(name);
[selected] = rooms.values();
select(selected);
addButton.addEventListener("click", () => dialog.open());
leaveButton.addEventListener("click", () => {
  leave(selected);
  composer.focus();
});
addEventListener("hashchange", () => {
  const names = roomsInAddress();
  const [first] = names.filter((name) => !rooms.has(name));
  for (const name of names) join(name);
  for (const room of [...rooms.values()]) if (!names.includes(room.name)) leave(room);
  if (first !== undefined) select(rooms.get(first));
});
nickname.start();

/** Joins a room, if the page is not in it. */
function join(name: string): JoinedRoom {
  const known = rooms.get(name);
  if (known !== undefined) return known;
  const room = new JoinedRoom(name, { changed: show, heard: count });
  rooms.set(name, room);
  tabs.add(name);
  views.append(room.conversation.view);
  if (ownName !== undefined) room.connection.enter(ownName);
  return room;
}

function leave(room: JoinedRoom): void {
  room.connection.leave();
  rooms.delete(room.name);
  tabs.delete(room.name);
  room.conversation.view.remove();
  if (room === selected) select([...rooms.values()].at(-1));
  else showRooms();
}

function select(room: JoinedRoom | undefined): void {
  if (room === undefined) return;
  if (room !== selected) {
    selected.conversation.isShown = false;
    selected.draft = composer.draft;
    composer.draft = room.draft;
  }
  selected = room;
  room.unread = 0;
  room.conversation.isShown = true;
  tabs.select(room.name);
  tabs.showUnread(room.name, 0);
  panel.show(room.frames);
  show(room);
  showRooms();
}

function showRooms(): void {
  addButton.disabled = rooms.size >= mostRooms;
  leaveButton.hidden = rooms.size === 1;
  leaveButton.ariaLabel = `Leave ${selected.name}`;
  showInAddress([...rooms.keys()]);
}

/** Shows a room's status and people, if it is selected. */
function show(room: JoinedRoom): void {
  if (room !== selected) return;
  if (room.status !== undefined) statusLine.showStatus(room.status);
  if (room.runtime !== undefined) statusLine.showRuntime(room.runtime);
  composer.setConnected(room.status?.state === "open");
  people.show(room.people, room.ownId);
  if (room.ownName !== undefined) nickname.show(room.ownId, room.ownName);
}

function count(room: JoinedRoom): void {
  if (room !== selected) tabs.showUnread(room.name, ++room.unread);
}
