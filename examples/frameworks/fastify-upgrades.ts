import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import type { Socket, Upgrades } from "@framewright/websocket";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

interface Handshake {
  readonly socket: TcpSocket;
  readonly head: Buffer;
  readonly response: ServerResponse;
}

const handshakes = new WeakMap<IncomingMessage, Handshake>();

/** Routes opening handshakes like other requests, so that hooks run for them and may answer. */
export function routeUpgrades(fastify: FastifyInstance): void {
  fastify.server.on("upgrade", (request: IncomingMessage, socket: TcpSocket, head: Buffer) => {
    // While hooks run, nobody else handles a reset, and no timeout of the server applies.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(10_000, () => socket.destroy()); // `handleUpgrade` turns it off
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.on("finish", () => socket.end());
    response.assignSocket(socket);
    handshakes.set(request, { socket, head, response });
    fastify.routing(request, response);
  });
}

/**
 * Opens a WebSocket in a route's handler.
 *
 * @returns The open socket, or undefined if another response was sent.
 */
export async function openWebSocket<Data>(
  upgrades: Upgrades<Data>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Socket<Data> | undefined> {
  const handshake = handshakes.get(request.raw);
  if (handshake === undefined) {
    reply.code(426).header("upgrade", "websocket").send("a WebSocket is here");
    return undefined;
  }
  const { socket, head, response } = handshake;
  reply.hijack();
  response.detachSocket(socket);
  return upgrades.handleUpgrade(request.raw, socket, head);
}
