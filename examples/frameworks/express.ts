import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import express, { type Request } from "express";
import session from "express-session";
import { attach, refuse } from "#transport";

declare module "express-session" {
  interface SessionData {
    name: string;
  }
}

const app = express();
const sessions = session({ secret: "change me", resave: false, saveUninitialized: false });
app.use(sessions, express.urlencoded());
app.get("/", (request, response) => {
  response.send(`hello ${request.session.name ?? "stranger"}`);
});
app.post("/login", (request, response) => {
  request.session.name = request.body.name;
  response.redirect("/");
});

/** Runs the session middleware for the request of an opening handshake. */
function loadSession(raw: unknown): Promise<Request["session"]> {
  const request = raw as Request;
  const response = new ServerResponse(raw as IncomingMessage); // is not sent
  return new Promise((resolve, reject) => {
    sessions(request, response as never, (error) => {
      if (error) reject(error);
      else resolve(request.session);
    });
  });
}

const httpServer = createServer(app);
const server = attach<{ name: string }>(httpServer, {
  path: "/ws",
  origins: "same", // a browser sends the cookie for pages of any site
  async accept({ raw }) {
    const { name } = await loadSession(raw);
    return name === undefined ? refuse(401, "log in first") : { name };
  },
  message: (socket, text) => socket.send(`${socket.data.name}: ${text}`),
});

httpServer.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  const { port } = httpServer.address() as { port: number };
  console.log(`listening on ws://127.0.0.1:${port}`);
});

process.once("SIGTERM", async () => {
  httpServer.close(); // no new connections
  await server.close(); // Close frames with 1001
});
