/**
 * Subscribes functions that throw to all channels, and prints what that does to a connection.
 * Arguments: the transport package.
 */
import { subscribe } from "node:diagnostics_channel";
import process from "node:process";
import type { connect, serve } from "@framewright/node-transport";

const transport: { connect: typeof connect; serve: typeof serve } = await import(process.argv[2]);

let uncaught = 0;
process.on("uncaughtException", (error: Error) => {
  if (error.message === "a subscriber failed") uncaught++;
});
let calls = 0;
for (const name of ["handshake", "open", "close", "error", "limit"]) {
  subscribe(`framewright.${name}`, () => {
    calls++;
    throw new Error("a subscriber failed");
  });
}

const server = await transport.serve({
  maxMessageSize: 10,
  message: (socket, data) => void socket.send(data),
});
const socket = await transport.connect(`ws://127.0.0.1:${server.port}/`);
socket.send("hello");
const { value: echo } = await socket[Symbol.asyncIterator]().next();
socket.send("longer than ten bytes");
const { statusCode } = await socket.closed;
await server.close();
setTimeout(() => console.log(JSON.stringify({ echo, statusCode, calls, uncaught })), 50);
