import { checkRoomName } from "../protocol.ts";

/** Where everybody is who did not choose a room. */
const defaultRoom = "lobby";
/** Maximum number of rooms that a page is in. */
export const mostRooms = 6;

/** Returns the rooms that the page's address names after `#`, separated by commas. */
export function roomsInAddress(): readonly string[] {
  const names = location.hash.slice(1).split(",").map(decode).map(checkRoomName);
  const valid = new Set(names.filter((name) => name !== undefined));
  return valid.size === 0 ? [defaultRoom] : [...valid].slice(0, mostRooms);
}

/** Names the rooms in the page's address, so that a reload and a bookmark lead to them. */
export function showInAddress(names: readonly string[]): void {
  const hash = `#${names.map(encodeURIComponent).join(",")}`;
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
