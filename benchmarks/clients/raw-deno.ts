import { connectAll, settings } from "./settings.ts";

await connectAll(async () => {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: settings.port });
  conn.setNoDelay(true);
  void echo(conn);
});

async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let length = await conn.read(buffer); length !== null; length = await conn.read(buffer)) {
    for (let sent = 0; sent < length; ) sent += await conn.write(buffer.subarray(sent, length));
  }
}
