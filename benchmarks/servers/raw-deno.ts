import { broadcastFrame, serving, settings } from "./settings.ts";

const { tls, broadcast, sharedPort } = settings;
const where = { port: sharedPort ?? 0, hostname: "127.0.0.1" };
const listener =
  tls === undefined
    ? Deno.listen({ ...where, reusePort: sharedPort !== undefined })
    : Deno.listenTls({ ...where, ...tls });
const all = new Set<Deno.Conn>();
serving(listener.addr.port);
for await (const conn of listener) {
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  if (broadcast !== undefined) all.add(conn);
  echo(conn);
}

async function echo(conn: Deno.Conn): Promise<void> {
  // Small because thousands of connections may be idle. It grows for busy ones.
  let buffer = new Uint8Array(4_096);
  try {
    for (let length = await conn.read(buffer); length !== null; length = await conn.read(buffer)) {
      if (broadcast === undefined) await writeAll(conn, buffer.subarray(0, length));
      else for (const one of all) writeAll(one, broadcastFrame).catch(() => {});
      if (length === buffer.length && length < 65_536) buffer = new Uint8Array(2 * length);
    }
    conn.close();
  } catch {
    // The load generator may end its connections at any time.
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length; ) sent += await conn.write(bytes.subarray(sent));
}
