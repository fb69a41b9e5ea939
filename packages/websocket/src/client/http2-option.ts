import { typeError } from "@framewright/codec/internal";
import { optionError } from "../options/option-values.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Http2Session } from "./http2-sessions.ts";

/** Whether to use HTTP/2, or the session to use. */
export type Http2Choice = boolean | Http2Session;

/** Validates the option `http2`. */
export function checkHttp2(
  option: unknown,
  support: RuntimeSupport,
  socketPath: string,
): Http2Choice {
  if (option === undefined || option === false) return false;
  const isSession = typeof (option as Partial<Http2Session> | null)?.request === "function";
  if (option !== true && !isSession) throw optionError("http2", option, "a boolean or a session");
  if (socketPath !== "") {
    throw typeError("WS_ERR_INVALID_OPTION", "option http2 cannot be used with Unix sockets");
  }
  if (option === true && support.http2 === undefined) {
    throw typeError("WS_ERR_INVALID_OPTION", "option http2 needs node:http2");
  }
  return option as true | Http2Session;
}
