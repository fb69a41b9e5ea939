import { type IncomingRequest, type Refusal, refuse } from "@framewright/websocket";
import { checkNickname, checkRoomName, maxNicknameLength } from "./protocol.ts";
import type { Rooms } from "./rooms.ts";
import type { Participant, WireView } from "./visitor.ts";
import type { WireViews } from "./wire-views.ts";

const idPattern = /^[0-9a-f]{32}$/;

/** Accepts an opening handshake as a participant of the room in its path, or refuses it. */
export function admitParticipant(
  request: IncomingRequest<Readonly<Record<string, string>>>,
  rooms: Rooms,
  views: WireViews,
): Participant | Refusal {
  if (!isSameHost(request)) return refuse(403, "this origin is not allowed");
  const query = new URLSearchParams(request.query);
  const name = checkNickname(query.get("name"));
  if (name === undefined) {
    return refuse(400, `a nickname must have 1 to ${maxNicknameLength} characters`);
  }
  const id = query.get("wire");
  const view = id === null ? undefined : views.get(id);
  if (id !== null && view === undefined) return refuse(400, "there is no such view");
  const roomName = checkRoomName(request.params.room);
  if (roomName === undefined) return refuse(404, "a room cannot have this name");
  const room = rooms.get(roomName);
  if (room === undefined) return refuse(503, "there are too many rooms");
  if (room.full) return refuse(503, "the room is full");
  return room.participant(name, view);
}

/** Accepts an opening handshake as a view, or refuses it. */
export function admitView(request: IncomingRequest, views: WireViews): WireView | Refusal {
  if (!isSameHost(request)) return refuse(403, "this origin is not allowed");
  const id = new URLSearchParams(request.query).get("id") ?? "";
  if (!idPattern.test(id)) return refuse(400, "a view's id must be 32 hexadecimal digits");
  if (views.get(id) !== undefined) return refuse(409, "this view id is in use");
  if (views.full) return refuse(503, "there are too many views");
  return { kind: "view", id, alive: true };
}

/**
 * Browsers always send the origin of the page that opens a connection (RFC 6455 section 10.2). It
 * must be this server. Other programs may omit it, because they have no user whom another site
 * could abuse.
 */
function isSameHost(request: IncomingRequest): boolean {
  if (request.origin === "") return true;
  const origin = parseUrl(request.origin);
  const { protocol, host } = request.url;
  return origin !== undefined && origin.protocol === protocol && origin.host === host;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
