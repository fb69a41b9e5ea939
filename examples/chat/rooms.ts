import type { Runtime } from "./protocol.ts";
import { Room } from "./room.ts";

/** Maximum number of rooms. */
const capacity = 32;

/** The rooms by name. A room is made for its first participant, and kept while there is space. */
export class Rooms {
  private readonly runtime: Runtime;
  private readonly rooms = new Map<string, Room>();

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  /** Returns a room, or undefined if it is new and too many others have participants. */
  get(name: string): Room | undefined {
    const known = this.rooms.get(name);
    if (known !== undefined) return known;
    if (this.rooms.size >= capacity && !this.deleteEmpty()) return undefined;
    const room = new Room(this.runtime);
    this.rooms.set(name, room);
    return room;
  }

  /** Closes all participants' connections. Settles when they are closed. */
  async close(statusCode: number): Promise<void> {
    await Promise.all([...this.rooms.values()].map((room) => room.close(statusCode)));
  }

  /** Deletes the oldest room that nobody is in. Returns whether there was one. */
  private deleteEmpty(): boolean {
    for (const [name, room] of this.rooms) if (room.empty) return this.rooms.delete(name);
    return false;
  }
}
