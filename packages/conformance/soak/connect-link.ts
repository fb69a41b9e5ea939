import type { ConnectOptions, Message, Socket } from "@framewright/websocket";
import type { LinkEvents, OpenLink } from "./client.ts";
import { delay, fault, type Plan } from "./lines.ts";
import type { Times } from "./server.ts";

type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/** Milliseconds for which some connections read nothing after they sent a message. */
const pause = 300;

/**
 * Opens connections with the runtime's `connect`: half with compression, of which half keep windows,
 * half with a heartbeat of their own, a quarter with `for await`. One in 8 pauses after each message that it sends.
 */
export function connectLinks(connect: Connect, heartbeat: Times): OpenLink {
  return async (url, random, events) => {
    const iterates = (random & 3) === 0;
    const socket = await connect(url, {
      compression: (random & 4) === 0 && { contextTakeover: (random & 256) === 0 },
      closeTimeout: heartbeat.timeout,
      handshakeTimeout: heartbeat.timeout,
      heartbeat: (random & 8) === 0 ? heartbeat : false,
      ...(iterates ? {} : { message: (_, data) => events.message(data) }),
      close: (_, statusCode) => (iterates ? undefined : events.closed(statusCode)),
      error: (error) => fault(`a handler of a client failed: ${error}`),
    });
    if (iterates) void iterate(socket, events);
    const pauses = (random & 0x70) === 0;
    return {
      send(message: Message) {
        if (socket.send(message) === "dropped") fault("a client's message was dropped");
        if (pauses) void pauseReading(socket);
      },
      end(plan: Plan) {
        if (plan === "close") socket.close(1_000);
        if (plan === "reset") socket.terminate();
      },
    };
  };
}

async function iterate(socket: Socket, events: LinkEvents): Promise<void> {
  for await (const message of socket) events.message(message);
  events.closed((await socket.closed).statusCode);
}

async function pauseReading(socket: Socket): Promise<void> {
  socket.pause();
  await delay(pause);
  socket.resume();
}
