const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
console.log(`listening on tcp://127.0.0.1:${listener.addr.port}`);
for await (const conn of listener) echo(conn);

async function echo(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay(true);
  const buffer = new Uint8Array(65_536);
  try {
    for (let length = await conn.read(buffer); length !== null; length = await conn.read(buffer)) {
      for (let sent = 0; sent < length; ) sent += await conn.write(buffer.subarray(sent, length));
    }
  } catch {
    // The load generator ends its connections as it likes.
  }
}
