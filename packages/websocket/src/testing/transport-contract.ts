import type { Transport } from "../transport/transport.ts";
import { ContractEndpoint, checksumOf, pass } from "./contract-endpoint.ts";

/** Where a transport's author puts the two ends of a connection. */
export interface ContractPair {
  /** Call it with the client's transport, in the code that created it. */
  client(transport: Transport): void;
  /** Call it with the server's transport, in the code that created it. */
  server(transport: Transport): void;
}

/** Options of `transportContract`. */
export interface ContractOptions {
  /** The `remoteAddress` of both ends. Default "127.0.0.1". */
  readonly remoteAddress?: string;
}

/** One guarantee of transports, with the code that tests it. */
export interface ContractCase {
  /** What the transport does, for the title of a test. */
  readonly name: string;
  /**
   * Opens a connection, tests it and destroys it. Some cases transfer tens of megabytes.
   *
   * @throws Error if the transport does otherwise.
   */
  run(): Promise<void>;
}

type Ends = { readonly client: ContractEndpoint; readonly server: ContractEndpoint };
type Check = (ends: Ends, options: Required<ContractOptions>) => Promise<void>;

/**
 * Returns what every transport guarantees, as cases for any test runner. The transports for Node,
 * Deno and Bun pass them. See docs/codec/transport.md.
 *
 * @param open - Opens a connection between two transports, over the real thing. Called for each case.
 *
 * @example
 * for (const { name, run } of transportContract((pair) => {
 *   const [client, server] = memoryPipe();
 *   pair.client(client);
 *   pair.server(server);
 * })) {
 *   test(name, run, 60_000);
 * }
 */
export function transportContract(
  open: (pair: ContractPair) => void | Promise<void>,
  options: ContractOptions = {},
): readonly ContractCase[] {
  const { remoteAddress = "127.0.0.1" } = options;
  return checks.map(([name, check]) => ({
    name,
    async run() {
      const ends = await openEnds(open);
      try {
        await check(ends, { remoteAddress });
      } finally {
        ends.client.transport.destroy();
        ends.server.transport.destroy();
      }
    },
  }));
}

/** Creates both endpoints at the moment when their transports exist. */
async function openEnds(open: (pair: ContractPair) => void | Promise<void>): Promise<Ends> {
  const endpoint = () => {
    let set: (transport: Transport) => void = () => {};
    const made = new Promise<ContractEndpoint>((resolve) => {
      set = (transport) => resolve(new ContractEndpoint(transport));
    });
    return { made, set };
  };
  const [client, server] = [endpoint(), endpoint()];
  await open({ client: client.set, server: server.set });
  return { client: await client.made, server: await server.made };
}

/** Bytes that show by their values where they belong. */
const pattern = (length: number) => new Uint8Array(length).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

/** Throws an Error unless both are the same. */
function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`expected ${what} ${expected}, got ${actual}`);
}

/**
 * Sends until the transport accepts no more, while the peer does not read. The operating system's
 * buffers grow to tens of MiB on some machines.
 *
 * @returns The length and the checksum of all that was sent.
 */
async function fillBuffers(
  sender: ContractEndpoint,
): Promise<{ length: number; checksum: number }> {
  const part = pattern(24 * 1_048_576);
  const sent = { length: 0, checksum: 0 };
  do {
    sender.send(part);
    sent.checksum = checksumOf(part, sent.checksum, sent.length);
    sent.length += part.length;
    for (let i = 0; i < 8 && !sender.idle; i++) await pass(50);
  } while (sender.idle && sent.length < 4 * part.length);
  equal(sender.idle, false, "bytes to wait for a peer that does not read:");
  return sent;
}

/** Resets the connection and takes steps after which the other end may not notice by itself. */
async function detectReset(
  end: ContractEndpoint,
  peer: ContractEndpoint,
  steps: readonly ("pause" | "write")[],
): Promise<void> {
  peer.transport.pause();
  // An operating system resets a connection that is closed with unread bytes.
  end.send(pattern(1_000));
  await pass(20);
  peer.send(pattern(1_000));
  peer.transport.destroy();
  for (const step of steps) {
    if (step === "pause") end.transport.pause();
    else end.send(pattern(1));
  }
  const isDetected = () => end.events.includes("failed");
  // The first write may come before the reset.
  for (let i = 0; i < 100 && !isDetected(); i++) {
    await pass(10);
    if (end.idle) end.send(pattern(1));
  }
  await end.until(isDetected, "failed after the reset");
}

const checks: readonly (readonly [string, Check])[] = [
  [
    "transfers bytes in both directions and has its peer's address",
    async ({ client, server }, { remoteAddress }) => {
      client.send(pattern(10));
      server.send(pattern(20));
      await server.until(() => server.length === 10, "10 bytes at the server");
      await client.until(() => client.length === 20, "20 bytes at the client");
      equal(server.checksum, checksumOf(pattern(10)), "the server's checksum to be");
      equal(client.checksum, checksumOf(pattern(20)), "the client's checksum to be");
      equal(server.transport.remoteAddress, remoteAddress, "the server's remoteAddress to be");
      equal(client.transport.remoteAddress, remoteAddress, "the client's remoteAddress to be");
    },
  ],
  [
    "accepts a bounded number of bytes for a peer that does not read, and loses none",
    async ({ client, server }) => {
      server.transport.pause();
      const { length, checksum } = await fillBuffers(client);
      equal(server.length < length, true, "fewer bytes than were sent while paused:");
      server.transport.resume();
      await server.until(() => server.length === length, `${length} bytes at the server`);
      equal(server.checksum, checksum, "the server's checksum to be");
      await client.until(() => client.idle, "pending to become 0 and drained to be called");
    },
  ],
  [
    "stops reading while paused",
    async ({ client, server }) => {
      client.send(pattern(5));
      await server.until(() => server.length === 5, "5 bytes at the server");
      server.transport.pause();
      // At most one read may still arrive after the pause.
      client.send(pattern(3));
      await pass(50);
      const { length } = server;
      client.send(pattern(4));
      await pass(50);
      equal(server.length, length, "the number of bytes received while paused to stay");
      server.transport.resume();
      await server.until(() => server.length === 12, "12 bytes at the server after resume");
    },
  ],
  [
    "calls the listener that is set at the moment",
    async ({ client, server }) => {
      client.send(pattern(5));
      await server.until(() => server.length === 5, "5 bytes at the first listener");
      const second = new ContractEndpoint(server.transport);
      client.send(pattern(6));
      await second.until(() => second.length === 6, "6 bytes at the second listener");
      equal(server.length, 5, "the number of bytes at the first listener to stay");
      client.transport.shutdown();
      await second.until(() => second.events.includes("ended"), "ended at the second listener");
    },
  ],
  [
    "ends each direction separately, after all its bytes",
    async ({ client, server }) => {
      client.send(pattern(1_000_000));
      await client.until(() => client.idle, "all bytes of the client to be written");
      client.transport.shutdown();
      await server.until(() => server.events.includes("ended"), "ended at the server");
      equal(server.length, 1_000_000, "the number of bytes before the end to be");
      server.send(pattern(2_000_000));
      await server.until(() => server.idle, "all bytes of the server to be written");
      server.transport.shutdown();
      await client.until(() => client.events.includes("ended"), "ended at the client");
      equal(client.length, 2_000_000, "the number of bytes before the end to be");
      equal(client.checksum, checksumOf(pattern(2_000_000)), "the client's checksum to be");
      const hasFailed = [...client.events, ...server.events].includes("failed");
      equal(hasFailed, false, "failed to be called after an orderly end:");
    },
  ],
  [
    "reports nothing after destroy, which may be repeated, and the peer is notified",
    async ({ client, server }) => {
      client.send(pattern(1));
      await server.until(() => server.length === 1, "1 byte at the server");
      client.transport.destroy();
      const { length } = client.events;
      await server.until(() => server.over, "ended or failed at the peer");
      equal(client.events.length, length, "the number of events after destroy to stay");
      equal(client.transport.write(pattern(1)) <= 1, true, "write to return a number:");
      client.transport.destroy();
      await pass(10);
      equal(client.events.length, length, "the number of events after destroy to stay");
    },
  ],
  [
    "detects by writing that its peer is gone, even while paused",
    async ({ client, server }) => {
      server.transport.pause();
      client.transport.pause();
      await fillBuffers(client);
      server.transport.destroy();
      await client.until(() => client.events.includes("failed"), "failed at the client");
    },
  ],
  [
    "detects a reset by writing while paused",
    ({ client, server }) => detectReset(client, server, ["pause", "write"]),
  ],
  [
    "detects a reset by writing before it pauses",
    ({ client, server }) => detectReset(client, server, ["write", "pause"]),
  ],
  [
    "detects a reset by writing before it pauses, as a server",
    ({ client, server }) => detectReset(server, client, ["write", "pause"]),
  ],
];
