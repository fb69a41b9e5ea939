import { deflated } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, type Role, utf8 } from "../../src/frame-bytes.ts";
import type { ConnectionRecord } from "../victims/connection-records.ts";

/** How a connection is ended from outside. */
export type Ending = "answers" | "ends" | "resets";
/** What the application does once the cut has come. */
export type Act = "close" | "terminate";

/** A conversation that is cut. */
export interface Plan {
  readonly id: string;
  readonly isCompressed: boolean;
  /** How many bytes of the frames are sent; negative if the head is cut by as many bytes. */
  readonly cut: number;
  /** "answers" sends what is left once a Close frame has come. */
  readonly ending: Ending;
  readonly act?: Act;
  /** Whether the application acts in a later turn, and not from within the `wire` handler. */
  readonly isLater?: boolean;
  /** Whether the server closes at the cut: it delivers no message that comes later. */
  readonly isServerClosing?: boolean;
}

const { text, continuation } = opcodes;

/** All frames that one end sends, and what the other end must report of them. */
export class Conversation {
  readonly bytes: Uint8Array;
  /** The events of the other end, and how many bytes must have come for each. */
  private readonly events: readonly (readonly [end: number, event: string])[];

  constructor(role: Role, isCompressed: boolean) {
    const write = new FrameWriter(role);
    const rsv = isCompressed ? 4 : 0;
    const pack = (content: string) => (isCompressed ? deflated(utf8(content)) : utf8(content));
    // A block that ends with the frame: the window of the first message is not needed.
    const whole = pack("fragment");
    const frames = [
      write.frame({ opcode: text, rsv, payload: pack("hello") }),
      write.frame({ opcode: text, rsv, fin: false, payload: whole.subarray(0, 4) }),
      write.ping(utf8("p")),
      write.frame({ opcode: continuation, payload: whole.subarray(4) }),
      write.close(1000, "bye"),
    ];
    const ends = frames.map((_, index) => concat(...frames.slice(0, index + 1)).length);
    this.bytes = concat(...frames);
    this.events = [
      [0, "open"],
      [ends[0], "message hello"],
      [ends[3], "message fragment"],
    ];
  }

  get length(): number {
    return this.bytes.length;
  }

  /** The events before the end if nothing but the first bytes comes. */
  eventsOf(cut: number): string[] {
    return this.events.filter(([end]) => end <= cut).map(([, event]) => event);
  }

  /** Returns what is wrong with the record of a connection that was cut as planned. */
  faultsOf(plan: Plan, record: ConnectionRecord | undefined): string[] {
    const { events = [], faults = [] } = record ?? {};
    const name = nameOf(plan);
    const found = faults.map((fault) => `${name}: ${fault}`);
    const rest = events.filter((event) => !event.startsWith("refused "));
    if (events.length - rest.length > 1) found.push(`${name}: refused more than once`);
    if (plan.cut < 0) {
      if (rest.length > 0) found.push(`${name}: ${rest.join(", ")} without an opening handshake`);
      return found;
    }
    // A reset may overtake the handshake.
    if (rest.length === 0 && plan.ending === "resets") return found;
    const before = rest.slice(0, -1);
    const { ending, act, cut, isServerClosing = false } = plan;
    const all = this.eventsOf(ending === "answers" && !isServerClosing ? this.length : cut);
    const isExact = ending !== "resets" && act !== "terminate" && !isServerClosing;
    const wanted = isExact ? all : all.slice(0, before.length);
    if (before.join() !== wanted.join()) {
      found.push(`${name}: ${rest.join(", ")} instead of ${wanted.join(", ")} and a close`);
    }
    const closes = this.closesOf(plan);
    if (!closes.includes(rest.at(-1) ?? "")) {
      found.push(`${name}: ${rest.join(", ")} ended with none of ${closes.join(", ")}`);
    }
    return found;
  }

  /** The close events that are right. */
  private closesOf({ cut, ending, act, isLater = false }: Plan): string[] {
    const isComplete = cut >= this.length;
    if (act === "terminate") return isComplete && isLater ? [peersClose, noClose] : [noClose];
    if (ending === "answers") return [peersClose];
    if (!isComplete) return [noClose];
    return ending === "ends" ? [peersClose] : [peersClose, unansweredClose, noClose];
  }
}

const peersClose = "close 1000 bye cleanly";
/** The peer's Close frame came, but ours could not be written any more. */
const unansweredClose = "close 1000 bye not cleanly";
const noClose = "close 1006 not cleanly";

export function nameOf({ cut, ending, act, isLater, isCompressed }: Plan): string {
  const where = cut < 0 ? `head cut by ${-cut} bytes` : `${cut} bytes of frames`;
  const acts = act === undefined ? [] : [act, ...(isLater ? ["in a later turn"] : [])];
  return [where, ...acts, ending, ...(isCompressed ? ["compressed"] : [])].join(", ");
}

/** Returns cuts at every byte of a head and of the frames; in the short form at some of the head. */
export function cutsOf(conversation: Conversation, headLength: number, isShort: boolean): number[] {
  const step = isShort ? 31 : 1;
  const inHead = Array.from({ length: Math.ceil(headLength / step) }, (_, i) => -1 - i * step);
  return [...inHead, ...cutsOfFrames(conversation, isShort)];
}

/** Returns cuts at every byte of the frames; in the short form at every third and around the ends. */
export function cutsOfFrames({ length }: Conversation, isShort: boolean): number[] {
  const all = Array.from({ length: length + 1 }, (_, cut) => cut);
  return isShort ? all.filter((cut) => cut % 3 === 0 || cut >= length - 1) : all;
}
