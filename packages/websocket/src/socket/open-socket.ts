import type { PerMessageDeflate } from "@framewright/codec/deflate";
import type { Transport } from "../transport/transport.ts";
import { type HandshakeReport, Session } from "./session.ts";
import { SessionSocket } from "./socket.ts";
import type { SocketSettings } from "./socket-options.ts";
import type { Socket } from "./socket-types.ts";

/** The result of an opening handshake. */
export interface HandshakeResult {
  /** "" for none. */
  readonly subprotocol: string;
  /** The value of the server's `Sec-WebSocket-Extensions` header, "" for none. */
  readonly extensions: string;
  /** Undefined if compression was not negotiated. */
  readonly deflate: PerMessageDeflate | undefined;
}

/**
 * Creates the socket of a connection whose opening handshake is done and starts it: queues the
 * handshake response, calls `open` and delivers messages. Not for user code.
 *
 * @param settings - Retained, not modified.
 * @param transport - Owned by the socket from now on.
 * @param answer - The server's handshake response; empty on a client. Copied.
 * @param rest - Bytes received after the handshake. Borrowed and modified.
 * @param report - Called before all handlers. Default: nothing.
 */
export function openSocket<Data>(
  settings: SocketSettings<Data>,
  transport: Transport,
  negotiated: HandshakeResult,
  data: Data,
  answer: Uint8Array,
  rest: Uint8Array,
  report?: HandshakeReport<Data>,
): Socket<Data> {
  const session = new Session(settings, transport, negotiated.deflate);
  const socket = new SessionSocket(session, negotiated.subprotocol, negotiated.extensions, data);
  session.start(socket, answer, rest, report);
  return socket;
}
