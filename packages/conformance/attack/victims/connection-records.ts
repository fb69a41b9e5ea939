import type { CloseInfo } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../../src/attack/subject-types.ts";

/** What happened on one connection, in order. */
export interface ConnectionRecord {
  readonly id: string;
  readonly events: string[];
  /** What must not have happened. */
  readonly faults: string[];
}

/** One connection while it is recorded. */
interface Running extends ConnectionRecord {
  received: number;
  hasActed: boolean;
  isClosed: boolean;
  closedPromises: number;
}

/** The reason with which `close` is called. */
export const ownReason = "by the application";
export const ownStatusCode = 4_001;

/** Records the events of the connections that have an `id`, and ends those that have an `act`. */
export class ConnectionRecords {
  private readonly records = new Map<string, Running>();

  opened(socket: SubjectSocket): void {
    if (!socket.data.has("id")) return;
    const record = this.recordOf(socket.data);
    this.add(socket, "open");
    void socket.closed.then((info) => this.settled(socket, record, info));
    this.actWhen(socket, record);
  }

  add({ data }: SubjectSocket, event: string): void {
    if (!data.has("id")) return;
    const record = this.recordOf(data);
    if (record.isClosed) record.faults.push(`${event} after the close event`);
    record.events.push(event);
  }

  /** Adds a message of a `for await` loop, which gets what was received also after the close event. */
  addFromLoop({ data }: SubjectSocket, message: string): void {
    if (!data.has("id")) return;
    const { events, isClosed } = this.recordOf(data);
    events.splice(isClosed ? -1 : events.length, 0, message);
  }

  wire(socket: SubjectSocket, direction: "in" | "out", length: number): void {
    if (!socket.data.has("id")) return;
    const record = this.recordOf(socket.data);
    if (record.isClosed) record.faults.push(`wire ${direction} after the close event`);
    if (direction === "out") return;
    record.received += length;
    this.actWhen(socket, record);
  }

  closed(socket: SubjectSocket, statusCode: number, reason: string, wasClean: boolean): void {
    if (!socket.data.has("id")) return;
    const how = wasClean ? "cleanly" : "not cleanly";
    this.add(socket, `close ${statusCode} ${reason === "" ? "" : `${reason} `}${how}`);
    const record = this.recordOf(socket.data);
    record.isClosed = true;
    if (socket.readyState !== "closed") record.faults.push(`it was ${socket.readyState}`);
    if (socket.bufferedAmount !== 0) record.faults.push("bytes were buffered");
    if (socket.send("too late") !== "dropped") record.faults.push("it could send");
    if (socket.ping() !== "dropped") record.faults.push("it could ping");
    // None of these may do anything any more.
    for (const call of ["close", "terminate", "pause", "resume"] as const) socket[call]();
  }

  refused(data: Query, code: string): void {
    this.recordOf(data).events.push(`refused ${code}`);
  }

  loopEnded({ data }: SubjectSocket): void {
    if (!data.has("id")) return;
    const record = this.recordOf(data);
    if (!record.isClosed) record.faults.push("the loop ended before the close event");
  }

  /** Returns the records of a group, or all of them. */
  take(group: string): ConnectionRecord[] {
    return [...this.records.values()]
      .filter(({ id }) => id.startsWith(group))
      .map(({ id, events, faults, isClosed, closedPromises }) => {
        const isSettled = closedPromises === (isClosed ? 1 : 0);
        return { id, events, faults: isSettled ? faults : [...faults, "`closed` did not settle"] };
      });
  }

  private recordOf(data: Query): Running {
    const id = data.get("id") as string;
    let record = this.records.get(id);
    if (record === undefined) {
      const state = { received: 0, hasActed: false, isClosed: false, closedPromises: 0 };
      record = { id, events: [], faults: [], ...state };
      this.records.set(id, record);
    }
    return record;
  }

  private settled(socket: SubjectSocket, record: Running, info: CloseInfo): void {
    record.closedPromises++;
    const how = info.wasClean ? "cleanly" : "not cleanly";
    const event = `close ${info.statusCode} ${info.reason === "" ? "" : `${info.reason} `}${how}`;
    if (record.events.at(-1) !== event) record.faults.push(`\`closed\` was ${event}`);
    if (socket.readyState !== "closed") record.faults.push("`closed` settled too early");
  }

  /** Ends the connection once as many bytes have come as the query says: at once, or later. */
  private actWhen(socket: SubjectSocket, record: Running): void {
    const { data } = socket;
    const call = data.get("act");
    if (call === null || record.hasActed || record.received < Number(data.get("at"))) return;
    record.hasActed = true;
    const act = () => {
      if (call === "close") socket.close(ownStatusCode, ownReason);
      else socket.terminate();
    };
    if (data.has("later")) setTimeout(act, 0);
    else act();
  }
}
