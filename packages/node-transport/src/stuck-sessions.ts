import type { ServerHttp2Session } from "node:http2";

/** The used part of a server of `node:http2`. */
interface SessionServer {
  on(event: "session", listener: (session: ServerHttp2Session) => void): unknown;
}

const watched = new WeakSet<object>();

/**
 * Ends connections of HTTP/2 that Node has stopped to read. After header blocks that are too large,
 * nghttp2 wants no more input. Node 24.21 then does not notice that the client has left, and keeps the
 * descriptor for good, so that one client could use up all of them.
 *
 * A connection without streams gets one PING (RFC 9113 section 6.7) once its input has paused. If Node
 * reads it and the client is there, there is an answer. Connections with streams are left alone: the
 * heartbeat ends WebSockets whose client is gone, and a slow download must not be ended.
 *
 * @param httpServer - Watched from now on, if it is one of `node:http2`. Watched once only.
 * @param silence - Time without input until the PING, and until its answer must have come, in
 *   milliseconds. Default 3,000: a connection that is ended by mistake has no streams to lose.
 */
export function endStuckSessions(httpServer: object, silence = 3_000): void {
  if (watched.has(httpServer) || !("updateSettings" in httpServer)) return;
  watched.add(httpServer);
  const server = httpServer as unknown as SessionServer;
  server.on("session", (session) => watch(session, silence));
}

function watch(session: ServerHttp2Session, silence: number): void {
  const { socket } = session;
  let streams = 0;
  let received = 0;
  let state: "busy" | "probed" | "alive" = "busy";
  session.on("stream", (stream) => {
    streams++;
    stream.once("close", () => streams--);
  });
  const look = () => {
    // The socket of such a session throws, and `close` may come late or never.
    if (session.destroyed) return clearInterval(timer);
    const { bytesRead = 0 } = socket;
    const isSilent = bytesRead === received;
    received = bytesRead;
    if (!isSilent || streams > 0) state = "busy";
    else if (state === "probed") socket.destroySoon();
    else if (state === "busy") {
      state = "probed";
      probe(session, () => {
        if (session.destroyed) return;
        // The answer must not lead to another question.
        received = socket.bytesRead ?? 0;
        state = "alive";
      });
    }
  };
  const timer = setInterval(look, silence).unref();
  session.once("close", () => clearInterval(timer));
}

function probe(session: ServerHttp2Session, answered: () => void): void {
  if (session.destroyed) return;
  session.ping((error) => {
    if (error === null) answered();
  });
}
