import { webGlobals } from "./runtime-types.ts";

/** Where a `WebSocket` connects to. */
export interface WebUrl {
  /** The value of `WebSocket.url`. */
  readonly href: string;
  /** The value of `MessageEvent.origin`. */
  readonly origin: string;
}

/**
 * Parses the URL of a `WebSocket` (WebSockets standard, "obtain a URL record"). `http:` and `https:`
 * become `ws:` and `wss:`. `ws+unix:` is an addition.
 *
 * @throws DOMException "SyntaxError"
 */
export function parseWebUrl(text: string): WebUrl {
  let url: InstanceType<typeof webGlobals.URL>;
  try {
    url = new webGlobals.URL(text);
  } catch {
    throw syntaxError("the URL cannot be parsed");
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (!/^(wss?|ws\+unix):$/.test(url.protocol)) {
    throw syntaxError(`the URL's scheme must be ws, wss, http or https, got ${url.protocol}`);
  }
  // `URL.hash` is empty for a URL that ends with "#".
  if (url.href.includes("#")) throw syntaxError("the URL must not have a fragment");
  return { href: url.href, origin: url.origin };
}

export function syntaxError(message: string): Error {
  return new webGlobals.DOMException(message, "SyntaxError");
}
