import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { sign, verify } from "hono/jwt";
import { attach, refuse } from "#transport";

const secret = "change me";

const app = new Hono();
app.get("/", (context) => context.text("hello"));
app.post("/login", async (context) => {
  const { name } = await context.req.parseBody();
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const token = await sign({ name, exp }, secret, "HS256");
  setCookie(context, "token", token, { httpOnly: true, sameSite: "Lax" });
  return context.redirect("/");
});

const port = Number(process.argv[2] ?? 8080);
const httpServer = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`listening on ws://127.0.0.1:${port}`);
}) as Server;
const server = attach<{ name: string }>(httpServer, {
  path: "/ws",
  origins: "same",
  async accept({ cookies }) {
    const token = await verify(cookies.get("token") ?? "", secret, "HS256").catch(() => undefined);
    return token === undefined ? refuse(401, "log in first") : { name: String(token.name) };
  },
  message: (socket, text) => socket.send(`${socket.data.name}: ${text}`),
});

process.once("SIGTERM", async () => {
  httpServer.close(); // no new connections
  await server.close(); // Close frames with 1001
});
