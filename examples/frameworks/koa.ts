import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import Koa from "koa";
import { attach, refuse, route } from "#transport";

const app = new Koa({ keys: ["change me"] }); // signs cookies
app.use((context) => {
  if (context.path !== "/") return;
  const name = context.query.name ?? "stranger";
  context.cookies.set("name", String(name), { signed: true, sameSite: "lax" });
  context.body = `hello ${name}`;
});

/** Returns a cookie whose signature is valid. */
function signedCookie(raw: unknown, name: string): string | undefined {
  const request = raw as IncomingMessage;
  const { cookies } = app.createContext(request, new ServerResponse(request)); // is not sent
  return cookies.get(name, { signed: true });
}

const httpServer = createServer(app.callback());
const server = attach(httpServer, {
  origins: "same",
  routes: {
    ...route("/rooms/:room", {
      accept({ params, raw }) {
        const name = signedCookie(raw, "name");
        return name === undefined ? refuse(401, "who are you?") : { name, room: params.room };
      },
      open: (socket) => void socket.subscribe(socket.data.room),
      message({ data: { name, room } }, text) {
        server.publish(room, `${name}: ${text}`);
      },
    }),
  },
});

httpServer.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  const { port } = httpServer.address() as { port: number };
  console.log(`listening on ws://127.0.0.1:${port}`);
});

process.once("SIGTERM", async () => {
  httpServer.close(); // no new connections
  await server.close(); // Close frames with 1001
});
