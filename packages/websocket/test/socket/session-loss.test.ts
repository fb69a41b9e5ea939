import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle } from "../memory-transport.ts";

const close = maskedFrame(8, [0x03, 0xe8]);

/** A server whose output waits. Its events are how its connections ended. */
async function blockedServer(closeTimeout = 10_000) {
  const events: unknown[] = [];
  const { open } = await memoryServer({
    closeTimeout,
    open: (socket) => void socket.closed.then(({ error }) => events.push(error?.message)),
    message: (socket) => void socket.send("reply"),
    close: (_socket, statusCode, _reason, wasClean) => void events.push([statusCode, wasClean]),
  });
  const connection = await open();
  connection.transport.capacity = 0;
  return { ...connection, events };
}

describe("a Close frame of the peer whose answer was not written", () => {
  test("the connection has not ended cleanly if its transport fails", async () => {
    const { peer, transport, events } = await blockedServer();
    peer.send([...maskedFrame(1, "a"), ...close]);
    await settle();
    transport.listener.failed(new Error("reset"));
    await settle();
    expect(events).toEqual([[1000, false], "reset"]);
  });

  test("nor if the peer reads nothing for the close timeout", async () => {
    const { peer, events } = await blockedServer(10);
    peer.send([...maskedFrame(1, "a"), ...close]);
    await expect.poll(() => events).toEqual([[1000, false], undefined]);
  });

  test("it has if the answer was written, and the transport fails then", async () => {
    const { peer, transport, events } = await blockedServer();
    peer.send([...maskedFrame(1, "a"), ...close]);
    await settle();
    transport.allow(100);
    transport.listener.failed(new Error("reset"));
    await settle();
    expect(events).toEqual([[1000, true], undefined]);
  });

  test("not if the transport was given up while a handler was busy", async () => {
    const events: unknown[] = [];
    let release = () => {};
    const { open } = await memoryServer({
      closeTimeout: 10,
      message: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
      close: (_socket, statusCode, _reason, wasClean) => void events.push([statusCode, wasClean]),
    });
    const { peer, transport } = await open();
    peer.send([...maskedFrame(1, "a"), ...close]);
    peer.transport.shutdown();
    await expect.poll(() => transport.destroyed).toBe(true);
    release();
    await expect.poll(() => events).toEqual([[1000, false]]);
  });
});
