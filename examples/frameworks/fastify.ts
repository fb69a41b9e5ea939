import cookie from "@fastify/cookie";
import Fastify from "fastify";
import { createUpgrades } from "#transport";
import { openWebSocket, routeUpgrades } from "./fastify-upgrades.ts";

const fastify = Fastify();
await fastify.register(cookie, { secret: "change me" });
routeUpgrades(fastify);

fastify.get("/", (request, reply) => {
  const { name } = request.query as { name?: string };
  if (name !== undefined) reply.setCookie("name", name, { signed: true, sameSite: "lax" });
  reply.send(`hello ${name ?? "stranger"}`);
});

const upgrades = createUpgrades({
  origins: "same",
  message: (socket, data) => socket.send(data),
});
fastify.addHook("preClose", async () => void (await upgrades.close()));

fastify.get("/ws", {
  async onRequest(request, reply) {
    const { valid } = request.unsignCookie(request.cookies.name ?? "");
    if (!valid) return reply.code(401).send({ error: "who are you?" });
  },
  async handler(request, reply) {
    const socket = await openWebSocket(upgrades, request, reply);
    socket?.send(`hello ${request.unsignCookie(request.cookies.name ?? "").value}`);
  },
});

await fastify.listen({ port: Number(process.argv[2] ?? 8080), host: "127.0.0.1" });
const { port } = fastify.server.address() as { port: number };
console.log(`listening on ws://127.0.0.1:${port}`);

process.once("SIGTERM", () => fastify.close());
