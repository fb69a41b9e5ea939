import type { HeadersInit } from "@framewright/codec/handshake";
import { checkInteger, checkKeys, optionError } from "../options/option-values.ts";

/** How `connect` follows redirects. */
export interface RedirectOptions {
  /** Maximum number of redirects of one call, 0 to 100. */
  readonly max: number;
  /**
   * Returns the headers to send to another origin (scheme, host and port) than that of the URL.
   * Default: none, because `headers` may have secrets that were meant for the first server.
   */
  readonly headers?: (url: string) => HeadersInit;
}

const noRedirects: RedirectOptions = { max: 0 };
const maxRedirects = 100;

/** Validates the option `redirects`. */
export function checkRedirects(option: number | RedirectOptions | undefined): RedirectOptions {
  if (option === undefined) return noRedirects;
  if (typeof option === "number") {
    return { max: checkInteger("redirects", option, 0, maxRedirects) };
  }
  if (typeof option !== "object" || option === null)
    throw optionError("redirects", option, "a number or an object");
  checkKeys("redirects", option, ["max", "headers"]);
  checkInteger("redirects.max", option.max, 0, maxRedirects);
  if (option.headers !== undefined && typeof option.headers !== "function")
    throw optionError("redirects.headers", option.headers, "a function");
  return option;
}
