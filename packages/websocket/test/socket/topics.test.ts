import type { ServeOptions, Socket } from "@framewright/websocket";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { serveInMemory } from "../compressed-pair.ts";
import { memoryServer } from "../memory-server.ts";
import { settle } from "../memory-transport.ts";

/** A server with open sockets. */
async function opened(count: number, options: ServeOptions = {}) {
  const memory = await memoryServer(options);
  const connections: Awaited<ReturnType<typeof memory.open>>[] = [];
  for (let index = 0; index < count; index++) connections.push(await memory.open());
  const sockets = [...memory.server.clients] as Socket[];
  const received = () =>
    connections.map(({ peer }) =>
      peer
        .take()
        .slice(2)
        .map((byte) => String.fromCharCode(byte))
        .join(""),
    );
  return { ...memory, connections, sockets, received };
}

describe("publish", () => {
  test("sends to the members and to no others, in one encoding", async () => {
    const { server, sockets, received } = await opened(3);
    const [a, b, c] = sockets;
    expect([a.subscribe("x"), b.subscribe("x"), c.subscribe("y")]).toEqual([true, true, true]);
    expect(server.publish("x", "1")).toEqual({ sent: 2, dropped: 0, skipped: undefined });
    expect(server.publish("y", "2")).toEqual({ sent: 1, dropped: 0, skipped: undefined });
    expect(server.publish("z", "3")).toEqual({ sent: 0, dropped: 0, skipped: undefined });
    await settle();
    expect(received()).toEqual(["1", "1", "2"]);
    expect(server.publish("x", "4", { except: a }).sent).toBe(1);
    await settle();
    expect(received()).toEqual(["", "4", ""]);
    expect(["x", "y", "z"].map((topic) => server.subscriberCount(topic))).toEqual([2, 1, 0]);
    expect(server.stats().messagesSent).toBe(4);
  });

  test("validates the topic and the message, also without members", async () => {
    const { server } = await opened(0);
    expect(() => server.publish("x", 5 as never)).toThrow("a message must be a string");
    expect(() => server.publish(5 as never, "x")).toThrow("a topic must be a string, got number");
    expect(() => server.publish("x".repeat(1_025), "x")).toThrow(
      "a topic has at most 1024 characters, got 1025",
    );
    expect(server.publish("x".repeat(1_024), "x").sent).toBe(0);
  });

  test("may be called from every handler, the close handler included", async () => {
    const events: unknown[] = [];
    const { server, sockets, connections, received } = await opened(2, {
      open: (socket) => void socket.subscribe("all"),
      close(socket) {
        events.push([...socket.topics], socket.isSubscribed("all"), server.subscriberCount("all"));
        events.push(socket.subscribe("late"));
        server.publish("all", "bye", { except: socket });
      },
    });
    connections[0].transport.peer.destroy();
    await settle();
    expect(events).toEqual([["all"], true, 2, false]);
    expect(received()[1]).toBe("bye");
    expect([server.subscriberCount("all"), server.subscriberCount("late")]).toEqual([1, 0]);
    expect([...sockets[0].topics]).toEqual([]);
    expect(sockets[0].subscribe("all")).toBe(false);
    expect(server.subscriberCount("all")).toBe(1);
  });

  test("a member that the dropped handler removes while a message is published is passed over", async () => {
    const { server, sockets, connections, received } = await opened(3, {
      maxBufferedAmount: 10,
      whenFull: "drop",
      open: (socket) => void socket.subscribe("x"),
      dropped: () => void sockets[1].terminate(),
    });
    connections[0].transport.capacity = 0;
    sockets[0].send("12345678");
    expect(server.publish("x", "abcdef")).toEqual({ sent: 1, dropped: 1, skipped: [sockets[0]] });
    await settle();
    expect(received()).toEqual(["", "", "abcdef"]);
  });
});

test("subscribe and unsubscribe behave like sets", async () => {
  const { server, sockets } = await opened(3);
  const topic = fc.constantFrom("a", "b", "__proto__", "");
  const command = fc.record({ socket: fc.nat(2), topic, subscribes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(command), (commands) => {
      for (const socket of sockets)
        for (const topic of [...socket.topics]) socket.unsubscribe(topic);
      const model = sockets.map(() => new Set<string>());
      for (const { socket, topic, subscribes } of commands) {
        const expected = model[socket].has(topic) !== subscribes;
        if (subscribes) model[socket].add(topic);
        else model[socket].delete(topic);
        expect(sockets[socket][subscribes ? "subscribe" : "unsubscribe"](topic)).toBe(expected);
      }
      for (const [index, topics] of model.entries()) {
        expect([...sockets[index].topics]).toEqual([...topics]);
      }
      for (const name of ["a", "b", "__proto__", ""]) {
        expect(server.subscriberCount(name)).toBe(
          model.filter((topics) => topics.has(name)).length,
        );
      }
    }),
    { numRuns: runs(200) },
  );
});

test("nothing is kept of topics without members", async () => {
  const { server, sockets } = await opened(1);
  for (let index = 0; index < 5_000; index++) {
    sockets[0].subscribe(`t${index}`);
    sockets[0].unsubscribe(`t${index}`);
  }
  const { members, topics } = (
    server as never as { settings: { shared: { topics: Record<string, Map<unknown, unknown>> } } }
  ).settings.shared.topics;
  expect([members.size, topics.size]).toEqual([0, 0]);
});

test("a socket has at most maxTopicsPerSocket topics, 1,000 by default", async () => {
  for (const [options, most] of [
    [{}, 1_000],
    [{ maxTopicsPerSocket: 2 }, 2],
  ] as const) {
    const { sockets } = await opened(2, options);
    for (let index = 0; index < most; index++) expect(sockets[0].subscribe(`t${index}`)).toBe(true);
    expect(sockets[0].subscribe("t1")).toBe(false);
    expect(() => sockets[0].subscribe("more")).toThrow(
      expect.objectContaining({
        name: "RangeError",
        code: "WS_ERR_TOO_MANY_TOPICS",
        message: `the socket is subscribed to ${most} topics, the maximum (WS_ERR_TOO_MANY_TOPICS)`,
      }),
    );
    expect(sockets[1].subscribe("more")).toBe(true);
    sockets[0].unsubscribe("t0");
    expect(sockets[0].subscribe("more")).toBe(true);
  }
});

test("a client's socket has no topics", async () => {
  const { connect } = await serveInMemory({});
  const { client } = await connect({});
  for (const call of [
    () => client.subscribe("x"),
    () => client.unsubscribe("x"),
    () => client.isSubscribed("x"),
    () => client.topics,
  ]) {
    expect(call).toThrow(expect.objectContaining({ code: "WS_ERR_INVALID_STATE" }));
  }
});
