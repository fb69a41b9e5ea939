import type { Attack } from "../instrument/attack.ts";
import { closingClients } from "./closing-clients.ts";
import { closingPeers } from "./closing-peers.ts";
import { closingServers } from "./closing-servers.ts";
import { endsOfProcesses } from "./ends-of-processes.ts";

/** All ways to end a connection, at every byte of a conversation. */
export const closing: readonly Attack[] = [
  ...closingPeers,
  ...closingServers,
  ...closingClients,
  ...endsOfProcesses,
];
