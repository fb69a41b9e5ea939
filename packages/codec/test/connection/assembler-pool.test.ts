import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemblerPoolFor } from "../../src/connection/assembler-pool.ts";
import { Connection, type ConnectionOptions } from "../../src/connection/connection.ts";
import { MessageSlab } from "../../src/message/message-slab.ts";
import { role as anyRole, chunkSizes, legalFrames, wireFor } from "../arbitraries.ts";
import { cut, hex } from "../bytes.ts";
import { eventsOf, openConnection, type Role } from "./drive.ts";

function optionsFor(role: Role): ConnectionOptions {
  return {
    role,
    maxMessageSize: 100_000,
    maxFragments: 1000,
    drawMaskingKey: () => 0x37fa213d,
  };
}

describe("AssemblerPool", () => {
  test("lends a released assembler again, but never one that is in use", () => {
    const pool = assemblerPoolFor(optionsFor("server"));
    const first = pool.acquire(undefined);
    const second = pool.acquire(undefined);
    expect(second).not.toBe(first);
    pool.release(first);
    expect(pool.acquire(undefined)).toBe(first);
  });

  test("a released assembler drops the slab of its connection", () => {
    const pool = assemblerPoolFor(optionsFor("server"));
    const slab = new MessageSlab();
    const assembler = pool.acquire(undefined, slab);
    expect(assembler.memory.slab).toBe(slab);
    pool.release(assembler);
    expect(assembler.memory.slab).toBe(undefined);
  });

  test("is the same for connections with the same options object", () => {
    const options = optionsFor("server");
    expect(assemblerPoolFor(options)).toBe(assemblerPoolFor(options));
    expect(assemblerPoolFor({ ...options })).not.toBe(assemblerPoolFor(options));
  });
});

describe("connections that share their options", () => {
  test("do not affect each other, however their chunks interleave", () => {
    const peer = fc.record({ frames: legalFrames, sizes: chunkSizes });
    fc.assert(
      fc.property(anyRole, fc.array(peer, { minLength: 2, maxLength: 4 }), (role, peers) => {
        const options = optionsFor(role);
        const streams = peers.map(({ frames, sizes }) => {
          const wire = wireFor(role, frames);
          const chunks = cut(wire.slice(), sizes);
          const alone = openConnection(role, { maxMessageSize: 100_000 });
          alone.receive(wire);
          return {
            chunks,
            shared: new Connection(options),
            expected: eventsOf(alone),
            events: [] as string[],
          };
        });
        for (let turn = 0; streams.some(({ chunks }) => turn < chunks.length); turn++) {
          for (const { chunks, shared, events } of streams) {
            if (turn >= chunks.length) continue;
            shared.receive(chunks[turn]);
            events.push(...eventsOf(shared));
            shared.releaseOutput();
          }
        }
        for (const { events, expected } of streams) expect(events).toEqual(expected);
      }),
    );
  });

  test("do not get an assembler whose message a handler is reading", () => {
    const options = optionsFor("client");
    const outer = new Connection(options);
    const inner = new Connection(options);
    outer.receive(Uint8Array.of(0x82, 2, 0x61, 0x62, 0x82, 2, 0x63, 0x64));
    outer.next();
    expect(hex(outer.message as Uint8Array)).toBe("6162");
    inner.receive(Uint8Array.of(0x82, 1, 0x78));
    expect(eventsOf(inner)).toEqual(["binary 78"]);
    expect(eventsOf(outer)).toEqual(["binary 6364"]);
  });

  test("are not affected by a protocol error of one of them", () => {
    const options = optionsFor("client");
    const broken = new Connection(options);
    broken.receive(Uint8Array.of(0x83, 0));
    expect(eventsOf(broken)).toEqual(["closed 1002 WS_ERR_INVALID_OPCODE"]);
    const whole = new Connection(options);
    whole.receive(Uint8Array.of(0x82, 1, 0x78));
    expect(eventsOf(whole)).toEqual(["binary 78"]);
  });
});
