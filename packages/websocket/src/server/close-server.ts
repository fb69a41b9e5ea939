import { encodeClosePayload } from "@framewright/codec";
import { checkKeys, checkOptions, checkTimeout } from "../options/option-values.ts";
import { globals, type Timer } from "../runtime/globals.ts";
import { sessionOf } from "../socket/socket.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import type { CloseOptions, CloseResult } from "./serve-options.ts";

/** Validated `CloseOptions`. */
type CheckedOptions = Required<Omit<CloseOptions, "reason">> & Pick<CloseOptions, "reason">;

/**
 * Validates the options of `server.close` and fills in their defaults.
 *
 * @throws TypeError or RangeError that names the option and its value.
 */
export function checkCloseOptions(options: CloseOptions): CheckedOptions {
  checkOptions(options, "close");
  checkKeys("close", options, ["statusCode", "reason", "timeout", "spreadOver"]);
  const { statusCode = 1001, reason, timeout = 5_000, spreadOver = 0 } = options;
  encodeClosePayload(statusCode, reason); // throws if an endpoint must not send them
  return {
    statusCode,
    timeout: checkTimeout("timeout", timeout),
    spreadOver: checkTimeout("spreadOver", spreadOver),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Stops a server and ends its connections. See `Server.close`. */
export async function closeServer<Data>(
  settings: ServerHandshakeSettings<Data>,
  stop: () => void,
  { statusCode, reason, timeout, spreadOver }: CheckedOptions,
): Promise<CloseResult> {
  stop();
  const {
    handshakes,
    answers,
    streamPlaces,
    shared: { group },
  } = settings;
  for (const handshake of [...handshakes.waiting, ...answers.waiting]) handshake.destroy();
  for (const ending of [handshakes, answers, streamPlaces, group]) ending.end();
  const sockets = [...group.open];
  group.isDeliveryOver = true;
  let terminated = 0;
  const ended = Promise.all(sockets.map((socket) => socket.closed));
  const isOver = ended.then(() => true);
  await spread(sockets, spreadOver, isOver, (socket) =>
    sessionOf(socket).shutDown(statusCode, reason),
  );
  const timer = globals.setTimeout(
    () => {
      for (const socket of sockets) {
        if (socket.readyState === "closed") continue;
        terminated++;
        socket.terminate();
      }
    },
    timeout,
    undefined,
  );
  await ended;
  globals.clearTimeout(timer);
  return { closed: sockets.length - terminated, terminated };
}

/** How often Close frames are sent while they are spread, in milliseconds. */
const spreadStep = 10;

/** Calls back with each socket, evenly over a time in milliseconds, or until `isOver` resolves. */
async function spread<Data>(
  sockets: readonly Socket<Data>[],
  time: number,
  isOver: Promise<boolean>,
  callback: (socket: Socket<Data>) => void,
): Promise<void> {
  const start = globals.performance.now();
  for (let done = 0; ; ) {
    const passed = globals.performance.now() - start;
    const share = time === 0 ? 1 : Math.min(1, passed / time);
    // The first is closed at once and the last at the end.
    const goal = share === 1 ? sockets.length : 1 + Math.floor((sockets.length - 1) * share);
    while (done < Math.min(goal, sockets.length)) callback(sockets[done++]);
    if (done === sockets.length) return;
    let timer: Timer | undefined;
    const pause = new Promise<boolean>((resolve) => {
      timer = globals.setTimeout(resolve, spreadStep, false);
    });
    if (await Promise.race([pause, isOver])) return globals.clearTimeout(timer);
  }
}
