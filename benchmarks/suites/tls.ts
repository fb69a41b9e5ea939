import { makeCertificate } from "../instrument/certificate.ts";
import { binaryServersOf } from "../instrument/contenders.ts";
import { type Context, chosen } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import type { Row } from "../instrument/results.ts";
import { measureServers } from "../instrument/server-contest.ts";
import { type EchoWork, echoColumns, echoLoad } from "./echo.ts";
import type { Suite } from "./suite.ts";

const kind = "binary";
const works: readonly EchoWork[] = [
  { name: "one in flight, 32 B", kind, connections: 64, depth: 1, size: 32 },
  { name: "pipelined, 64 B", kind, connections: 16, depth: 64, size: 64 },
  { name: "large, 64 KiB", kind, connections: 8, depth: 1, size: 65_536, thorough: true },
];

export const tls: Suite = {
  name: "tls",
  about: "What does a server's echo over TLS cost?",
  async run(context: Context) {
    const server = { tls: await makeCertificate() };
    const rows: Row[] = [];
    for (const work of chosen(context, works)) {
      for (const runtime of context.runtimes) {
        const load = echoLoad(work, server);
        rows.push(...(await measureServers(context, load, binaryServersOf(runtime))));
      }
    }
    const notes = ["Raw TCP here is an echo over TLS without WebSocket."];
    return [withLoadCheck({ title: "Echo over TLS", ...echoColumns, rows, notes })];
  },
};
