import { allocation } from "./allocation.ts";
import { broadcast } from "./broadcast.ts";
import { client } from "./client.ts";
import { codec } from "./codec.ts";
import { cost } from "./cost.ts";
import { crowd } from "./crowd.ts";
import { deflate } from "./deflate.ts";
import { echo } from "./echo.ts";
import { handshakes } from "./handshakes.ts";
import { http2 } from "./http2.ts";
import { idle } from "./idle.ts";
import { independent } from "./independent.ts";
import { mask } from "./mask.ts";
import { memory } from "./memory.ts";
import { objects } from "./objects.ts";
import { scaling } from "./scaling.ts";
import type { Suite } from "./suite.ts";
import { tls } from "./tls.ts";

/** Every suite, in the order in which they run. */
export const suites: readonly Suite[] = [
  echo,
  independent,
  tls,
  http2,
  client,
  broadcast,
  handshakes,
  memory,
  objects,
  idle,
  crowd,
  cost,
  allocation,
  scaling,
  codec,
  mask,
  deflate,
];
