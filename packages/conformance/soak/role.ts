import { type LoadOptions, runLoad } from "./client.ts";
import { connectLinks } from "./connect-link.ts";
import { runIdleClients, runIdleServer } from "./idle-process.ts";
import { openRawLink } from "./raw-link.ts";
import { runServer, type Serve, type Times } from "./server.ts";

/** What a process is, from its command line. */
export type Role =
  | { readonly role: "server"; readonly heartbeat: Times }
  | { readonly role: "connect"; readonly heartbeat: Times; readonly load: LoadOptions }
  | { readonly role: "raw"; readonly load: LoadOptions }
  | { readonly role: "idle server" }
  | { readonly role: "idle clients"; readonly port: number };

/** Runs the process in its role, with the functions of one transport. */
export async function runRole(transport: {
  serve: Serve;
  connect: Parameters<typeof connectLinks>[0];
}): Promise<void> {
  const role: Role = JSON.parse(process.argv[2]);
  if (role.role === "idle server") return runIdleServer(transport.serve);
  if (role.role === "idle clients") return runIdleClients(role.port);
  if (role.role === "server") return runServer(transport.serve, role.heartbeat);
  const { load } = role;
  runLoad(
    load,
    role.role === "raw" ? openRawLink : connectLinks(transport.connect, role.heartbeat),
  );
}
