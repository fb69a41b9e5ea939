import type { ServeOptions, Socket } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { settle } from "../memory-transport.ts";

/** A server whose open sockets accept nothing. */
async function stalled(count: number, options: ServeOptions) {
  const closes: number[] = [];
  const memory = await memoryServer({
    heartbeat: false,
    message: () => {},
    close: (socket, statusCode) => void closes.push(sockets.indexOf(socket) * 10_000 + statusCode),
    ...options,
  });
  const connections = [];
  for (let index = 0; index < count; index++) {
    const connection = await memory.open();
    connection.transport.capacity = 0;
    connections.push(connection);
  }
  const sockets = [...memory.server.clients] as Socket[];
  return { ...memory, connections, sockets, closes };
}

describe("maxTotalBufferedAmount", () => {
  test("the sockets for which most bytes wait end, until an eighth is free", async () => {
    const { sockets, closes, server } = await stalled(4, { maxTotalBufferedAmount: 1_000_000 });
    for (const [index, length] of [400_000, 90_000, 300_000].entries()) {
      sockets[index].send(new Uint8Array(length));
    }
    expect(closes).toEqual([]);
    expect(sockets[3].send(new Uint8Array(220_000))).toBe("queued");
    expect(closes).toEqual([1_006]);
    expect(await sockets[0].closed).toMatchObject({
      statusCode: 1_006,
      wasClean: false,
      error: {
        name: "TerminationError",
        code: "WS_ERR_SEND_MEMORY",
        message: "more than 1000000 bytes wait for all sockets of the server (WS_ERR_SEND_MEMORY)",
      },
    });
    expect(sockets[2].send(new Uint8Array(500_000))).toBe("dropped");
    expect(closes).toEqual([1_006, 21_006]);
    expect(server.stats()).toMatchObject({
      errors: { WS_ERR_SEND_MEMORY: 2 },
      closes: { 1006: 2 },
      bufferedAmount: 90_000 + 220_000 + 10 + 10,
    });
  });

  test("bytes that are written no longer count", async () => {
    const { sockets, connections, closes } = await stalled(2, {
      maxTotalBufferedAmount: 1_000_000,
    });
    for (let round = 0; round < 20; round++) {
      for (const [index, { transport }] of connections.entries()) {
        sockets[index].send(new Uint8Array(400_000));
        transport.allow(400_010);
        await settle();
      }
    }
    expect(closes).toEqual([]);
  });

  test("a socket that ends takes its bytes with it, however it ends", async () => {
    const { open, server, closes } = await stalled(0, { maxTotalBufferedAmount: 1_000_000 });
    for (let round = 0; round < 9; round++) {
      const { transport } = await open();
      transport.capacity = 0;
      const [socket] = server.clients;
      socket.send(new Uint8Array(900_000));
      if (round % 2 === 0) socket.terminate();
      else transport.listener.failed(new Error("gone"));
      await settle();
      expect(server.clients.size).toBe(0);
    }
    expect(closes.length).toBe(9);
  });

  test("a close handler may send meanwhile", async () => {
    const { sockets } = await stalled(3, {
      maxTotalBufferedAmount: 1_000_000,
      close: () => void sockets[2].send(new Uint8Array(100_000)),
    });
    sockets[0].send(new Uint8Array(700_000));
    sockets[1].send(new Uint8Array(600_000));
    expect(sockets.map(({ readyState }) => readyState)).toEqual(["closed", "open", "open"]);
    sockets[1].send(new Uint8Array(400_000));
    expect(sockets.map(({ readyState }) => readyState)).toEqual(["closed", "closed", "open"]);
    expect(sockets[2].bufferedAmount).toBe(200_020);
  });
});
