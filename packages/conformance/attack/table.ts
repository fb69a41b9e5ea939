import { callers } from "./callers/bad-callers.ts";
import { closing } from "./closing/table.ts";
import { bombs } from "./deflate/bombs.ts";
import { compressedStreams } from "./deflate/compressed-streams.ts";
import { compressorMemory } from "./deflate/compressor-memory.ts";
import { frameFloods } from "./frames/floods.ts";
import { frameHeaders } from "./frames/frame-headers.ts";
import { longMessages } from "./frames/long-messages.ts";
import { silentReaders } from "./frames/silent-readers.ts";
import { connectionStorms } from "./handshakes/connection-storms.ts";
import { costlyHeads } from "./handshakes/costly-heads.ts";
import { headerMatrix } from "./handshakes/header-matrix.ts";
import { slowHandshakes } from "./handshakes/slow-handshakes.ts";
import { tlsHandshakes } from "./handshakes/tls-handshakes.ts";
import { streamAttacks } from "./http2/stream-attacks.ts";
import type { Attack } from "./instrument/attack.ts";
import { maliciousServers } from "./servers/malicious-servers.ts";

/** All attacks, in the order in which they run. */
export const attacks: readonly Attack[] = [
  ...slowHandshakes,
  ...costlyHeads,
  ...headerMatrix,
  ...connectionStorms,
  ...tlsHandshakes,
  ...frameHeaders,
  ...frameFloods,
  ...longMessages,
  ...silentReaders,
  ...bombs,
  ...compressedStreams,
  ...compressorMemory,
  ...closing,
  ...callers,
  ...maliciousServers,
  ...streamAttacks,
];
