import type { CloseInfo, HandshakeError, Role } from "@framewright/codec";
import { globals } from "./runtime/globals.ts";
import type { IncomingRequest } from "./server/incoming-request.ts";
import type { Socket } from "./socket/socket-types.ts";

/** Published once for each opening handshake that ended, and not for plain HTTP requests. */
export interface HandshakeDiagnostics {
  readonly role: Role;
  /** The client's request. Undefined on a client, and if no complete request was received. */
  readonly request: IncomingRequest | undefined;
  /**
   * Where a client connects to: with the query, without user information. Undefined on a server.
   */
  readonly url: string | undefined;
  /** The peer's IP address, or "" if there is none. */
  readonly remoteAddress: string;
  /** The socket, if the handshake was accepted. */
  readonly socket: Socket<unknown> | undefined;
  /** Why the handshake failed; undefined if it was accepted. */
  readonly fault: HandshakeError | undefined;
  /**
   * Milliseconds since the server accepted the connection, after its TLS handshake, or since the
   * client began to connect. Undefined if nobody was subscribed then.
   */
  readonly duration: number | undefined;
}

/** Published when a socket is open, before its `open` handler is called. */
export interface OpenDiagnostics {
  readonly role: Role;
  readonly socket: Socket<unknown>;
}

/** Published when a connection has ended, before its `close` handler is called. */
export interface CloseDiagnostics extends CloseInfo {
  readonly role: Role;
  readonly socket: Socket<unknown>;
  /** Milliseconds since the socket was open. Undefined if nobody was subscribed then. */
  readonly duration: number | undefined;
}

/** Published when user code failed, before the `error` handler is called. */
export interface ErrorDiagnostics {
  readonly role: Role;
  /** What user code threw, or what its promise was rejected with. */
  readonly error: unknown;
  /** The socket whose handler failed; undefined for `http`, `accept` and `refused`. */
  readonly socket: Socket<unknown> | undefined;
}

/** The name of an option that limits something. */
export type LimitName =
  | "maxPendingHandshakes"
  | "maxConnections"
  | "perClient.connections"
  | "perClient.handshakesPerMinute"
  | "handshakeTimeout"
  | "maxMessageSize"
  | "maxFragments"
  | "maxReceiveMemory"
  | "messageRate"
  | "maxBufferedAmount"
  | "maxTotalBufferedAmount"
  | "maxTopicsPerSocket"
  | "heartbeat"
  | "idleTimeout"
  | "maxLifetime"
  | "closeTimeout";

/**
 * What a limit does.
 *
 * - "refused": an opening handshake fails, or `subscribe` throws.
 * - "paused": the peer's messages wait.
 * - "dropped": a message is not sent.
 * - "closed": the closing handshake starts.
 * - "terminated": the connection ends without a closing handshake, or without completing it.
 */
export type LimitAction = "refused" | "paused" | "dropped" | "closed" | "terminated";

/** Published each time a limit acts. */
export interface LimitDiagnostics {
  readonly role: Role;
  readonly name: LimitName;
  readonly action: LimitAction;
  /** The socket; undefined in an opening handshake. */
  readonly socket: Socket<unknown> | undefined;
  /** The client's request in an opening handshake; undefined if it is not complete. */
  readonly request: IncomingRequest | undefined;
  /** The peer's IP address, or "" if there is none. */
  readonly remoteAddress: string;
}

/** What is published, by the name of the channel of `node:diagnostics_channel`. */
export interface DiagnosticsMessages {
  readonly "framewright.handshake": HandshakeDiagnostics;
  readonly "framewright.open": OpenDiagnostics;
  readonly "framewright.close": CloseDiagnostics;
  readonly "framewright.error": ErrorDiagnostics;
  readonly "framewright.limit": LimitDiagnostics;
}

/** The used part of a channel of `node:diagnostics_channel`. */
interface Channel<Name extends keyof DiagnosticsMessages> {
  readonly hasSubscribers: boolean;
  /** Calls the subscribers. Does not throw, also if they do. */
  publish(message: DiagnosticsMessages[Name]): void;
}

/** The used part of `node:diagnostics_channel`, which Node, Deno and Bun all have. */
interface DiagnosticsModule {
  channel<Name extends keyof DiagnosticsMessages>(name: Name): Channel<Name>;
}

/** Whom a limit acts on: a session, an opening handshake, an HTTP response or a socket. */
interface LimitedSubject {
  readonly socket?: Socket<unknown>;
  readonly request?: IncomingRequest | undefined;
  readonly transport?: { readonly remoteAddress: string } | undefined;
}

/** The limits that fail an opening handshake or a connection, by the code of the error. */
const limitOfCode: Readonly<Record<string, readonly [LimitName, LimitAction]>> = {
  WS_ERR_TOO_MANY_HANDSHAKES: ["maxPendingHandshakes", "refused"],
  WS_ERR_TOO_MANY_CONNECTIONS: ["maxConnections", "refused"],
  WS_ERR_CLIENT_CONNECTIONS: ["perClient.connections", "refused"],
  WS_ERR_CLIENT_HANDSHAKES: ["perClient.handshakesPerMinute", "refused"],
  WS_ERR_HANDSHAKE_TIMEOUT: ["handshakeTimeout", "refused"],
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: ["maxMessageSize", "closed"],
  WS_ERR_TOO_MANY_BUFFERED_PARTS: ["maxFragments", "closed"],
  WS_ERR_RECEIVE_MEMORY: ["maxReceiveMemory", "closed"],
  WS_ERR_PEER_TOO_SLOW: ["maxBufferedAmount", "terminated"],
  WS_ERR_SEND_MEMORY: ["maxTotalBufferedAmount", "terminated"],
  WS_ERR_HEARTBEAT_TIMEOUT: ["heartbeat", "terminated"],
};

/**
 * Publishes what operators want to know. Without subscribers it only reads `hasSubscribers`: no
 * method allocates anything, and none is called for each message.
 */
export class Diagnostics {
  private readonly role: Role;
  private readonly handshake: Channel<"framewright.handshake">;
  private readonly open: Channel<"framewright.open">;
  private readonly close: Channel<"framewright.close">;
  private readonly error: Channel<"framewright.error">;
  private readonly limit: Channel<"framewright.limit">;
  /** When sockets opened. Filled only while somebody is subscribed: sockets have no such field. */
  private readonly openTimes = new WeakMap<object, number>();

  constructor(role: Role, { channel }: DiagnosticsModule) {
    this.role = role;
    // Bun collects a channel that only its subscribers need, so it must be referred to.
    this.handshake = channel("framewright.handshake");
    this.open = channel("framewright.open");
    this.close = channel("framewright.close");
    this.error = channel("framewright.error");
    this.limit = channel("framewright.limit");
  }

  /** Whether to call `handshakeEnded`. */
  get reportsHandshakes(): boolean {
    return this.handshake.hasSubscribers;
  }

  /** Returns when a handshake starts, for `handshakeEnded`; undefined if nobody is subscribed. */
  startTime(): number | undefined {
    return this.handshake.hasSubscribers ? globals.performance.now() : undefined;
  }

  handshakeEnded(
    startTime: number | undefined,
    details: Omit<HandshakeDiagnostics, "role" | "duration">,
  ): void {
    this.handshake.publish({ role: this.role, ...details, duration: since(startTime) });
  }

  opened(socket: Socket<unknown>): void {
    if (this.close.hasSubscribers) this.openTimes.set(socket, globals.performance.now());
    if (this.open.hasSubscribers) this.open.publish({ role: this.role, socket });
  }

  closed(socket: Socket<unknown>, info: CloseInfo): void {
    if (!this.close.hasSubscribers) return;
    const duration = since(this.openTimes.get(socket));
    this.close.publish({ role: this.role, socket, ...info, duration });
  }

  handlerFailed(error: unknown, socket: Socket<unknown> | undefined): void {
    if (this.error.hasSubscribers) this.error.publish({ role: this.role, error, socket });
  }

  limited(name: LimitName, action: LimitAction, subject: LimitedSubject): void {
    if (!this.limit.hasSubscribers) return;
    const { socket, request, transport } = subject;
    const remoteAddress = (transport ?? socket)?.remoteAddress ?? "";
    this.limit.publish({ role: this.role, name, action, socket, request, remoteAddress });
  }

  /** Publishes the limit that an error stands for, if it does. */
  limitedBy(error: Error | undefined, subject: LimitedSubject): void {
    if (error === undefined || !this.limit.hasSubscribers) return;
    const { code } = error as { code?: unknown };
    if (typeof code !== "string" || !Object.hasOwn(limitOfCode, code)) return;
    const [name, action] = limitOfCode[code];
    this.limited(name, action, subject);
  }
}

function since(time: number | undefined): number | undefined {
  return time === undefined ? undefined : globals.performance.now() - time;
}

/** The diagnostics of a runtime: those of all its servers and those of all its clients. */
export type RuntimeDiagnostics = Readonly<Record<Role, Diagnostics>>;

/**
 * Publishes on the channels of `node:diagnostics_channel`.
 *
 * @param module - `node:diagnostics_channel`.
 */
export function diagnosticsChannels(module: DiagnosticsModule): RuntimeDiagnostics {
  return { server: new Diagnostics("server", module), client: new Diagnostics("client", module) };
}

/** For runtimes without channels. */
export const noDiagnostics: RuntimeDiagnostics = diagnosticsChannels({
  channel: () => ({ hasSubscribers: false, publish() {} }),
});
