/**
 * Idle connections that only answer Pings, each with a Pong (RFC 6455 section 5.5.3) made by setting
 * its payload in a frame that is reused.
 */
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame } from "./frames.ts";
import { openMany, type RawConnection, type Target } from "./raw-connection.ts";

export interface IdleLoadOptions {
  readonly target: Target;
  readonly connections: number;
}

const ping = 0x89;
const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
const { target, connections } = runnerOptions<IdleLoadOptions>();
/** By the length of the payload. */
const pongs: Uint8Array[] = [];
let answered = 0;

function answer(connection: RawConnection, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1];
    if (bytes[at] !== ping || length > 125 || at + 2 + length > bytes.length) {
      fail(`received something else than a complete Ping: ${bytes.subarray(at, at + 8)}`);
    }
    pongs[length] ??= makeFrame(0x0a, new Uint8Array(length), maskingKey);
    const pong = pongs[length];
    for (let i = 0; i < length; i++) pong[6 + i] = bytes[at + 2 + i] ^ maskingKey[i & 3];
    connection.write(pong);
    answered++;
    at += 2 + length;
  }
}

/** Answers Pings for a number of seconds and returns how many there were. */
async function run(seconds: number) {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  answered = 0;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const elapsed = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { pings: answered, seconds: elapsed, loadBusy: (user + system) / 1e6 / elapsed };
}

/** Pings come while other connections are still being opened. */
function start(connection: RawConnection): void {
  connection.onBytes = (_, bytes) => answer(connection, bytes);
  connection.onClose = () => fail("a connection was closed");
}

openMany(target, connections, "", start).then((all) => {
  serveRunner({ connections: all.length }, ({ seconds }) => run(Number(seconds)));
}, fail);
