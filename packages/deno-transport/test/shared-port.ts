/** Starts two servers on one port and prints how many of 40 clients connected to each. */
import { connect, serve } from "@framewright/deno-transport";

const first = await serve({ reusePort: true });
const second = await serve({ reusePort: true, port: first.port });
const url = `ws://127.0.0.1:${first.port}/`;
await Promise.all(Array.from({ length: 40 }, () => connect(url)));
const counts = JSON.stringify([first.clients.size, second.clients.size]);
Deno.stdout.writeSync(new TextEncoder().encode(counts));
Deno.exit(0);
