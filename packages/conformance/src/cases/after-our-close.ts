import { concat, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";

/** A case of what a peer may do after a subject has started the closing handshake. */
export interface AfterOurCloseCase {
  readonly name: string;
  readonly section: string;
  /**
   * Returns what the peer sends after the subject's Close frame. The subject must then send nothing
   * but the end.
   *
   * @param statusCode - The status code in the subject's Close frame.
   */
  send(write: FrameWriter, statusCode: number): Uint8Array;
  /** Whether the peer then ends its direction. Otherwise the subject ends first. */
  readonly ends?: boolean;
  /** What a client reports. */
  report(statusCode: number): {
    readonly statusCode: number;
    readonly reason?: string;
    readonly wasClean: boolean;
  };
}

const cleanly = (statusCode: number, reason = "") => ({ statusCode, reason, wasClean: true });

function anotherClose(statusCode: number, reason: string): AfterOurCloseCase {
  return {
    name: `a Close frame with ${statusCode} that crosses ours`,
    section: "7.1.3",
    send: (write) => write.close(statusCode, reason),
    report: () => cleanly(statusCode, reason),
  };
}

/** Frames that were in flight, followed by the answer. */
function first(name: string, section: string, send: (write: FrameWriter) => Uint8Array) {
  return {
    name: `${name} before the answer`,
    section,
    send: (write: FrameWriter, statusCode: number) => concat(send(write), write.close(statusCode)),
    report: (statusCode: number) => cleanly(statusCode),
  };
}

function fault(
  name: string,
  statusCode: number,
  send: (write: FrameWriter) => Uint8Array,
): AfterOurCloseCase {
  return {
    name: `${name} in place of the answer`,
    section: "7.1.7",
    send,
    report: () => ({ statusCode, wasClean: false }),
  };
}

/** The closing handshake, started by the subject (RFC 6455 sections 5.5.1 and 7.1). */
export const afterOurCloseCases: readonly AfterOurCloseCase[] = [
  {
    name: "the answer",
    section: "5.5.1",
    send: (write, statusCode) => write.close(statusCode),
    report: (statusCode) => cleanly(statusCode),
  },
  anotherClose(1000, ""),
  anotherClose(3000, "crossing"),
  {
    name: "a Close frame without a status code",
    section: "7.1.5",
    send: (write) => write.close(),
    report: () => cleanly(1005),
  },
  first("messages", "1.4", (write) => concat(write.text("late"), write.binary(utf8("later")))),
  first("a message in fragments", "1.4", (write) =>
    concat(
      write.frame({ opcode: opcodes.text, fin: false, payload: utf8("la") }),
      write.ping(utf8("between")),
      write.frame({ opcode: opcodes.continuation, payload: utf8("te") }),
    ),
  ),
  first("half a message", "1.4", (write) =>
    write.frame({ opcode: opcodes.binary, fin: false, payload: new Uint8Array(70_000) }),
  ),
  first("pings and pongs", "5.5.1", (write) =>
    concat(write.ping(utf8("no answer")), write.pong(), write.ping()),
  ),
  {
    name: "two answers",
    section: "5.5.1",
    send: (write, statusCode) => concat(write.close(statusCode), write.close(3000), write.ping()),
    report: (statusCode) => cleanly(statusCode),
  },
  fault("a reserved opcode", 1002, (write) => write.frame({ opcode: 0x3 })),
  fault("a Close frame with 1005", 1002, (write) => write.close(1005)),
  fault("text that is not UTF-8", 1007, (write) =>
    write.frame({ opcode: opcodes.text, payload: Uint8Array.of(0xff) }),
  ),
  {
    name: "the end of TCP",
    section: "7.1.5",
    send: () => new Uint8Array(0),
    ends: true,
    report: () => ({ statusCode: 1006, reason: "", wasClean: false }),
  },
  {
    name: "the end of TCP in the middle of a message",
    section: "7.1.5",
    send: (write) => write.text("cut off").subarray(0, 8),
    ends: true,
    report: () => ({ statusCode: 1006, reason: "", wasClean: false }),
  },
];
