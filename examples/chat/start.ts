import { parseArgs } from "node:util";
import { type RuntimeName, ServerProcess } from "./server-process.ts";

const names: readonly RuntimeName[] = ["Node", "Deno", "Bun"];

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    ports: { type: "string", default: "8080,8081,8082" },
  },
});
const ports = values.ports.split(",").map(Number);
if (ports.length !== names.length) {
  console.error("--ports takes three numbers, for Node, Deno and Bun: --ports 8080,8081,8082");
  process.exit(1);
}

const servers = names.map((name, index) => new ServerProcess(name, values.host, ports[index]));
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stop(undefined));
}
for (const server of servers) {
  server.ready.catch((error: Error) => stop(`${server.name} did not start: ${error.message}`));
  server.exited.then(({ code, signal }) => {
    if (server.hasListened) stop(`${server.name} ended unexpectedly (${signal ?? code})`);
  });
}
const urls = await Promise.all(servers.map((server) => server.ready)).catch(() => undefined);
if (urls !== undefined && !stopping) {
  const lines = urls.map((url, index) => `    ${names[index].padEnd(6)}${url}`);
  console.log(
    `\n  Chat rooms on each of three runtimes, all from the same code:\n\n${lines.join("\n")}\n\n` +
      "  Open one of them in two tabs. Ctrl-C stops all three.\n",
  );
}

/** Stops all three servers and exits, with code 1 if there is a complaint. */
async function stop(complaint: string | undefined): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (complaint !== undefined) console.error(complaint);
  const exits = await Promise.all(servers.map((server) => server.stop()));
  // A server that never listened had no connections to close, so its exit code does not matter.
  const clean = exits.every(({ code }, index) => code === 0 || !servers[index].hasListened);
  process.exit(complaint === undefined && clean ? 0 : 1);
}
