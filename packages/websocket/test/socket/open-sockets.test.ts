import type { Socket } from "@framewright/websocket";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OpenSockets, type SocketEntry } from "../../src/socket/open-sockets.ts";

function entry(): SocketEntry<undefined> {
  return { socket: {} as Socket, listIndex: -1 };
}

describe("OpenSockets", () => {
  test("contains the added sockets that were not deleted, before and after asSet", () => {
    const step = fc.tuple(fc.constantFrom("add", "add", "delete", "set"), fc.nat({ max: 40 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const open = new OpenSockets<undefined>();
        const all = Array.from({ length: 41 }, entry);
        const model = new Set<SocketEntry<undefined>>();
        for (const [i, [what, which]] of steps.entries()) {
          const one = all[which];
          if (what === "add" && !model.has(one)) {
            open.add(one);
            model.add(one);
          } else if (what === "delete") {
            open.delete(one);
            model.delete(one);
          } else if (what === "set" && i > 150) {
            expect(open.asSet().size).toBe(model.size);
          }
          const expected = new Set([...model].map(({ socket }) => socket));
          expect(new Set(open)).toEqual(expected);
          expect([...open]).toHaveLength(expected.size);
        }
      }),
    );
  });

  test("the Set of asSet stays up to date", () => {
    const open = new OpenSockets<undefined>();
    const [first, second] = [entry(), entry()];
    open.add(first);
    const set = open.asSet();
    open.add(second);
    expect([...set]).toEqual([first.socket, second.socket]);
    open.delete(first);
    expect([...set]).toEqual([second.socket]);
    expect(open.asSet()).toBe(set);
  });

  test("can be iterated while sockets are deleted and while asSet is called", () => {
    const open = new OpenSockets<undefined>();
    const entries = Array.from({ length: 6 }, entry);
    for (const one of entries) open.add(one);
    const seen: Socket[] = [];
    for (const socket of open) {
      seen.push(socket);
      if (seen.length === 1) open.delete(entries[1]);
      if (seen.length === 2) open.asSet();
      if (seen.length === 3) open.delete(entries[5]);
    }
    expect(seen).toEqual([0, 2, 3, 4].map((i) => entries[i].socket));
  });

  test("reuses the indices of deleted sockets", () => {
    const open = new OpenSockets<undefined>();
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      const [one, other] = [entry(), entry()];
      open.add(one);
      open.add(other);
      most = Math.max(most, one.listIndex, other.listIndex);
      open.delete(one);
      open.delete(other);
    }
    expect(most).toBe(1);
  });
});
