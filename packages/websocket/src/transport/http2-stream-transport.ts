import { currentRuntime } from "../runtime/runtime-name.ts";
import { type DuplexStream, DuplexTransport } from "./duplex-transport.ts";
import { preventStall, type StallingStream } from "./http2-stalls.ts";

/** RFC 8441 section 5 maps the reset of a TCP connection to this code (RFC 9113 section 7). */
export const cancel = 8;

/** The used part of a stream of `node:http2`. */
export interface Http2Stream extends DuplexStream, Pick<StallingStream, "session"> {
  readonly rstCode?: number | undefined;
  close(code: number): unknown;
}

/** Creates the transport of one stream of an HTTP/2 connection. */
export function http2StreamTransport(
  stream: Http2Stream,
  remoteAddress: string | undefined,
): DuplexTransport {
  return new DuplexTransport(stream, {
    remoteAddress,
    ownsBytes: true,
    isMultiplexed: true,
    onDestroy: () => stream.close(cancel),
    ...(currentRuntime() === "bun" && { onWrite: () => preventStall(stream) }),
    closeError() {
      const { rstCode = 0 } = stream;
      return rstCode === 0 ? undefined : new Error(`the HTTP/2 stream was reset with ${rstCode}`);
    },
  });
}
