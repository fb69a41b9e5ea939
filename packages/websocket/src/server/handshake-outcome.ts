import type { HandshakeError } from "@framewright/codec";
import { count } from "../socket/counters.ts";
import { callHandler, reportError } from "../socket/handlers.ts";
import type { HandshakeReport } from "../socket/session.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport } from "../transport/transport.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import type { IncomingRequest } from "./incoming-request.ts";

/** An opening handshake that has ended. */
interface EndedHandshake {
  readonly transport: Transport;
  readonly request: IncomingRequest | undefined;
  /** See `Diagnostics.startTime`. */
  readonly startTime: number | undefined;
}

/** Counts and publishes a handshake that was refused or lost, and calls the `refused` handler. */
export function reportRefusedHandshake<Data>(
  { options, refused, diagnostics }: ServerHandshakeSettings<Data>,
  handshake: EndedHandshake,
  fault: HandshakeError,
): void {
  if (diagnostics.reportsHandshakes) publish(diagnostics, handshake, fault, undefined);
  count(refused, fault.code);
  if (options.refused === undefined) return;
  callHandler(
    () => options.refused?.(handshake.request, fault),
    (error) => reportError(options, diagnostics, error, undefined),
  );
}

/** Returns what publishes that a handshake was accepted; undefined if nobody is subscribed. */
export function acceptanceReport<Data>(
  { diagnostics }: ServerHandshakeSettings<Data>,
  handshake: EndedHandshake,
): HandshakeReport<unknown> | undefined {
  if (!diagnostics.reportsHandshakes) return undefined;
  return (socket) => {
    publish(diagnostics, handshake, undefined, socket);
    return undefined;
  };
}

function publish(
  diagnostics: ServerHandshakeSettings<never>["diagnostics"],
  { request, transport, startTime }: EndedHandshake,
  fault: HandshakeError | undefined,
  socket: Socket<unknown> | undefined,
): void {
  const { remoteAddress } = transport;
  const details = { request, url: undefined, remoteAddress, socket, fault };
  diagnostics.handshakeEnded(startTime, details);
}
