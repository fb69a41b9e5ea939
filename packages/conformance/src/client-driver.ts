import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ConnectionCase } from "./cases/connection-case.ts";
import { ReceivedHead, upgradeAnswer } from "./opening-handshake.ts";
import { RawPeer } from "./raw-peer.ts";
import { type Runtime, type RuntimeName, runtimes, startEchoClient } from "./runtimes.ts";
import { type Cutter, cutters, playCase } from "./script-player.ts";
import type { SubjectProcess } from "./subject-process.ts";
import type { Transcript } from "./transcript.ts";

/** What the scripted server does on one connection after it has received the client's request. */
export type Conversation<Result> = (peer: RawPeer, request: ReceivedHead) => Promise<Result>;

/** The line of JSON that an echo client prints for each URL. */
export interface ClientReport {
  readonly url: string;
  /** The value of `socket.extensions`. */
  readonly extensions?: string;
  readonly statusCode?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
  readonly error?: ClientReportError;
}

export interface ClientReportError {
  readonly code: string;
  readonly message: string;
  /** The status of a response other than 101. The following fields are also from that response. */
  readonly status?: number;
  readonly retryAfter?: string;
  readonly bodyLength?: number;
  /** Only if it is short. */
  readonly body?: string;
}

export interface Outcome<Result> {
  /** The result of the conversation. */
  readonly result: Result;
  readonly report: ClientReport;
}

/** A certificate of the scripted server and its private key, as PEM text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * An echo client process and the scripted server that it connects to, once per conversation, in
 * order.
 */
export class ClientSession<Result> {
  readonly process: SubjectProcess;
  private readonly server: Server;
  private readonly results: PromiseWithResolvers<Result>[];

  private constructor(
    process: SubjectProcess,
    server: Server,
    results: PromiseWithResolvers<Result>[],
  ) {
    this.process = process;
    this.server = server;
    this.results = results;
  }

  /**
   * Starts both.
   *
   * @param hostname - The local address to listen on.
   */
  static async start<Result>(
    runtime: Runtime,
    conversations: readonly Conversation<Result>[],
    flags: readonly string[],
    certificate?: Certificate,
    hostname = "127.0.0.1",
  ): Promise<ClientSession<Result>> {
    const results = conversations.map(() => Promise.withResolvers<Result>());
    // Rejections are handled by callers of `outcome`, however late.
    for (const { promise } of results) promise.catch(() => {});
    const onSocket = (socket: Socket) => void serve(socket, conversations, results);
    const server =
      certificate === undefined
        ? createServer({ allowHalfOpen: true }, onSocket)
        : createTlsServer({ allowHalfOpen: true, ...certificate }, onSocket);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, hostname, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const scheme = certificate === undefined ? "ws" : "wss";
    const authority = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    const urls = conversations.map((_, index) => `${scheme}://${authority}/${index}`);
    return new ClientSession(startEchoClient(runtime, urls, flags), server, results);
  }

  /** Waits for the end of one connection and for the client's report about it. */
  async outcome(index: number): Promise<Outcome<Result>> {
    const report = await this.report(index);
    return { result: await this.results[index].promise, report };
  }

  /** Waits for the client's report about one URL. */
  async report(index: number): Promise<ClientReport> {
    const report: ClientReport = JSON.parse(await this.process.line(index));
    if (!report.url.endsWith(`/${index}`))
      throw new Error(`expected a report on /${index}: ${report.url}`);
    return report;
  }

  /** Stops the server, and the client if it is still running. */
  async stop(): Promise<void> {
    this.server.close();
    await this.process.stop("SIGKILL");
  }
}

/** Starts a client on every runtime at once, each with its own server. */
export async function startOnAll<Result>(
  conversationsOn: (runtime: RuntimeName) => readonly Conversation<Result>[],
  flags: readonly string[],
): Promise<ReadonlyMap<RuntimeName, ClientSession<Result>>> {
  const start = async (runtime: Runtime) =>
    [
      runtime.name,
      await ClientSession.start(runtime, conversationsOn(runtime.name), flags),
    ] as const;
  return new Map(await Promise.all(runtimes.map(start)));
}

/** Returns the session of a runtime. */
export function sessionOn<Result>(
  sessions: ReadonlyMap<RuntimeName, ClientSession<Result>>,
  { name }: Runtime,
): ClientSession<Result> {
  return sessions.get(name) as ClientSession<Result>;
}

/** Stops the sessions started by `startOnAll`, if any. */
export async function stopAll<Result>(
  sessions: ReadonlyMap<RuntimeName, ClientSession<Result>> | undefined,
): Promise<void> {
  for (const session of sessions?.values() ?? []) await session.stop();
}

async function serve<Result>(
  socket: Socket,
  conversations: readonly Conversation<Result>[],
  results: readonly PromiseWithResolvers<Result>[],
): Promise<void> {
  const peer = new RawPeer(socket);
  try {
    const head = await peer.takeHead();
    if (head === undefined) return;
    const request = new ReceivedHead(head);
    const index = Number(/^GET \/(\d+) HTTP\/1\.1$/.exec(request.startLine)?.[1]);
    const { resolve, reject } = results[index];
    await conversations[index](peer, request).then(resolve, reject);
  } finally {
    peer.destroy();
  }
}

/** Returns the key of a request. */
export function keyOf(request: ReceivedHead): string {
  return request.one("sec-websocket-key") ?? "";
}

/**
 * Plays a case with the connected client, in one conversation per way of splitting.
 *
 * @param lines - Further header lines of the response.
 */
export function conversationsOf(
  testCase: ConnectionCase,
  lines: readonly string[] = [],
): Conversation<Transcript>[] {
  return cutters(testCase.cut).map((cutter) => conversation(testCase, cutter, lines));
}

function conversation(
  testCase: ConnectionCase,
  cutter: Cutter,
  lines: readonly string[],
): Conversation<Transcript> {
  return (peer, request) => {
    const opening = { send: upgradeAnswer(keyOf(request), ...lines), answered: async () => {} };
    return playCase(peer, opening, testCase, cutter, "client");
  };
}
