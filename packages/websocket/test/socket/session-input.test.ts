import type { Handlers, Message, Socket } from "@framewright/websocket";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

/** The calls that user code may make on a socket. */
const calls = ["pause", "resume", "close", "terminate", "send", "ping", "drained"] as const;
type Call = (typeof calls)[number];
/** The places where user code may make them. */
const places = [
  "open",
  "message",
  "before await",
  "after await",
  "pong",
  "drain",
  "later",
] as const;
type Place = (typeof places)[number];
/** The calls to make when each place is reached for the first time. */
type Script = Partial<Record<Place, readonly Call[]>>;

const messageCount = 6;

/** A server's socket that follows a script, and the expected results. */
class Scripted {
  readonly delivered: string[] = [];
  readonly closes: number[] = [];
  /** Whether the calls have paused the socket. */
  paused = false;
  closed = false;
  terminated = false;
  socket: Socket | undefined;
  private readonly script: Script;

  constructor(script: Script) {
    this.script = { ...script };
  }

  get handlers(): Handlers {
    const isAsync = "before await" in this.script || "after await" in this.script;
    return {
      open: (socket) => {
        this.socket = socket;
        this.act("open");
      },
      message: isAsync
        ? async (socket, data) => {
            this.take(socket, data);
            this.act("before await");
            await undefined;
            this.act("after await");
          }
        : (socket, data) => {
            this.take(socket, data);
            this.act("message");
          },
      pong: () => this.act("pong"),
      drain: () => this.act("drain"),
      close: (_socket, statusCode) => void this.closes.push(statusCode),
    };
  }

  act(place: Place): void {
    const todo = this.script[place] ?? [];
    delete this.script[place];
    for (const call of todo) this.call(this.socket as Socket, call);
  }

  private take(_socket: Socket, data: Message): void {
    expect(this.closes).toEqual([]);
    expect(this.paused).toBe(false);
    this.delivered.push(data as string);
  }

  private call(socket: Socket, call: Call): void {
    const isOpen = !this.closed && !this.terminated;
    if (call === "pause") this.paused ||= isOpen;
    if (call === "resume" || call === "close") this.paused = false;
    if (call === "close") this.closed = true;
    if (call === "terminate") this.terminated = true;
    if (call === "send") expect(socket.send("x".repeat(70_000)) !== "dropped").toBe(isOpen);
    else if (call === "drained") void socket.drained.then(() => {});
    else socket[call]();
  }
}

/** Runs a script while messages and Pongs arrive before, during and after its calls. */
async function run(script: Script): Promise<void> {
  const scripted = new Scripted(script);
  const { dial } = await memoryServer(scripted.handlers);
  const message = (index: number) => maskedFrame(1, `${index}`);
  const { peer } = dial();
  const handshake = [...new TextEncoder().encode(upgradeRequest())];
  peer.send([...handshake, ...message(0), ...maskedFrame(10), ...message(1)]);
  peer.send([...message(2), ...message(3)], maskedFrame(10), message(4));
  await settle();
  scripted.act("later");
  peer.send(message(5));
  await settle();
  // Later parts of the script may pause it again.
  for (let i = 0; scripted.paused && i <= places.length; i++) {
    const { length } = scripted.delivered;
    peer.send(maskedFrame(9));
    await settle();
    expect(scripted.delivered.length).toBe(length);
    scripted.paused = false;
    scripted.socket?.resume();
    await settle();
  }
  const expected = Array.from({ length: messageCount }, (_, index) => `${index}`);
  const at = JSON.stringify(script);
  expect(scripted.delivered, at).toEqual(expected.slice(0, scripted.delivered.length));
  if (scripted.terminated) {
    expect(scripted.closes, at).toEqual([1006]);
    return;
  }
  expect(scripted.delivered, at).toEqual(expected);
  expect(scripted.closes, at).toEqual([]);
  peer.send(maskedFrame(8, [0x03, 0xe9]));
  peer.transport.shutdown();
  await settle();
  expect(scripted.closes, at).toEqual([1001]);
}

describe("pausing, resuming and closing from within handlers", () => {
  test.each(places)("every pair of calls from %s", async (place) => {
    const pairs = calls.flatMap((first) => calls.map((second) => [first, second]));
    await Promise.all(pairs.map((pair) => run({ [place]: pair })));
  });

  test("any calls from anywhere", async () => {
    const some = fc.array(fc.constantFrom(...calls), { maxLength: 3 });
    const script = fc.record(
      Object.fromEntries(places.map((place) => [place, some])) as Record<Place, typeof some>,
      { requiredKeys: [] },
    );
    await fc.assert(fc.asyncProperty(script, run), { numRuns: runs(150) });
  });
});
