import type { ServeOptions } from "@framewright/websocket";
import { expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

const options: ServeOptions = {
  heartbeat: false,
  origins: ["https://a.example"],
  maxBufferedAmount: 1_000,
  whenFull: "drop",
  message: (socket, data) => void socket.send(data),
};

test("a server that has done nothing", async () => {
  const { server } = await memoryServer({});
  expect(server.stats()).toEqual({
    openConnections: 0,
    pendingHandshakes: 0,
    accepted: 0,
    refused: {},
    messagesReceived: 0,
    messagesSent: 0,
    messagesDropped: 0,
    messageRateExceeded: 0,
    bytesReceived: 0,
    bytesSent: 0,
    bufferedAmount: 0,
    closes: {},
    errors: {},
    compressionMemory: 0,
  });
});

test("counts handshakes, messages, bytes, what waits, and how connections ended", async () => {
  const { server, dial, open } = await memoryServer(options);
  const first = await open(maskedFrame(1, "hi"), maskedFrame(9, "x"));
  const second = await open();
  dial();
  const { peer: evil } = dial();
  evil.send(upgradeRequest("/", "Origin: https://evil.example"));
  const { peer: broken } = dial();
  broken.send("x\r\n\r\n");
  await settle();
  expect(server.stats()).toMatchObject({
    openConnections: 2,
    pendingHandshakes: 1,
    accepted: 2,
    refused: { WS_ERR_ORIGIN_NOT_ALLOWED: 1, WS_ERR_INVALID_HTTP: 1 },
    messagesReceived: 1,
    messagesSent: 1,
    bytesReceived: 8 + 7,
    bytesSent: 4 + 3,
    bufferedAmount: 0,
  });
  expect(first.peer.take().length).toBe(4 + 3);

  second.transport.capacity = 0;
  for (let i = 0; i < 5; i++) server.broadcast(new Uint8Array(400));
  await settle();
  expect(server.stats()).toMatchObject({
    messagesSent: 1 + 5 + 2,
    messagesDropped: 3,
    bytesSent: 7 + 5 * 404,
    bufferedAmount: 2 * 404,
  });

  first.peer.send(maskedFrame(8, [0x0f, 0xa1]));
  second.peer.send(maskedFrame(3));
  await settle();
  first.peer.transport.shutdown();
  second.transport.allow(10_000);
  second.peer.transport.shutdown();
  await settle();
  expect(server.stats()).toMatchObject({
    openConnections: 0,
    accepted: 2,
    bufferedAmount: 0,
    closes: { 4001: 1, 1002: 1 },
    errors: { WS_ERR_INVALID_OPCODE: 1 },
  });
});

test("counts connections that a limit ended", async () => {
  const { server, open } = await memoryServer({ ...options, whenFull: "terminate" });
  const { transport } = await open();
  transport.capacity = 0;
  const [socket] = server.clients;
  socket.send(new Uint8Array(900));
  socket.send(new Uint8Array(900));
  expect(server.stats()).toMatchObject({
    openConnections: 0,
    messagesSent: 1,
    messagesDropped: 0,
    closes: { 1006: 1 },
    errors: { WS_ERR_PEER_TOO_SLOW: 1 },
  });
});
