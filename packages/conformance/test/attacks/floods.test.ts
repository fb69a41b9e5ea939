import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { dropInput, flood } from "../../src/attack/flood.ts";
import { honestDuring, printFigures } from "../../src/attack/honest-connections.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
/** Duration of each flood in milliseconds. */
const floodTime = 1_200;
/** Time limit in milliseconds: only a server that neglects the other connections exceeds it. */
const patience = 500;

/** Repeats a frame up to about 64 KiB. */
function many(frame: Uint8Array): Uint8Array {
  return concat(...Array<Uint8Array>(Math.ceil(65_536 / frame.length)).fill(frame));
}

const noPayload = new Uint8Array(0);
const floods = [
  ["empty pings", noPayload, write.ping()],
  ["unsolicited pongs", noPayload, write.pong()],
  [
    "empty fragments of one message",
    write.frame({ opcode: opcodes.binary, fin: false }),
    write.frame({ opcode: opcodes.continuation, fin: false }),
  ],
  [
    "fragments of 1 byte and pings in turn",
    write.frame({ opcode: opcodes.text, fin: false }),
    concat(
      write.frame({ opcode: opcodes.continuation, fin: false, payload: Uint8Array.of(0x61) }),
      write.ping(),
    ),
  ],
  ["empty messages", noPayload, write.text("")],
  ["messages of 1 byte", noPayload, write.text("a")],
] as const;

describe.each(runtimes)("floods of small frames on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo", { maxFragments: 2 ** 32 });
  });

  afterAll(() => server?.stop());

  test.each(floods)("%s", async (name, first, frame) => {
    const attacker = await server.open();
    dropInput(attacker);
    await attacker.send(first);
    await server.state();
    let written = 0;
    const figures = await honestDuring(server, async () => {
      written = await flood(attacker, many(frame), floodTime);
    });
    const { timerDelay } = await server.state();
    const frames = Math.floor(written / frame.length / 1_000);
    printFigures(`${runtime.name}, ${name}`, figures);
    console.log(
      `${runtime.name}, ${name}: ${frames} thousand times, a timer was ${timerDelay.toFixed(0)} ms late`,
    );
    attacker.destroy();
    expect(figures.failures).toEqual([]);
    expect(written).toBeGreaterThan(1_000_000);
    expect(figures.p99).toBeLessThan(patience);
    expect(timerDelay).toBeLessThan(patience);
    expect(server.process.standardError).toBe("");
  });
});
