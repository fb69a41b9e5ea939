import { utf8Length } from "@framewright/codec/internal";

/** The components of a proxy's URL. */
export interface ProxyUrl {
  readonly protocol: "http" | "https" | "socks5";
  /** A name or an address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The user information, decoded; "" if there is none. */
  readonly username: string;
  readonly password: string;
}

interface ParsedUrl {
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly username: string;
  readonly password: string;
}
const { URL } = globalThis as unknown as { URL: new (url: string) => ParsedUrl };

const defaultPorts = { http: 80, https: 443, socks5: 1080 };
/** The longest user name and password in bytes (RFC 1929 section 2). */
const maxSocksCredential = 255;

/**
 * Parses the URL of a proxy: `http:`, `https:`, `socks5:` or `socks5h:`, with optional user
 * information. The last two mean the same; the proxy resolves host names.
 *
 * @returns The URL, or why it is invalid. The reason has no part of the URL, because that may be a
 *   password.
 *
 * @example
 * parseProxyUrl("socks5://proxy.example"); // { protocol: "socks5", port: 1080, ... }
 */
export function parseProxyUrl(text: string): ProxyUrl | string {
  const parts = /^\s*(https?|socks5h?):\/\/(.*)$/is.exec(text);
  if (parts === null) return "it must start with http://, https://, socks5:// or socks5h://";
  const scheme = parts[1].toLowerCase();
  const protocol = scheme === "socks5h" ? "socks5" : (scheme as ProxyUrl["protocol"]);
  let url: ParsedUrl;
  let explicitPort: string;
  try {
    // Hosts of `socks5:` are not normalised, and each scheme hides its own default port.
    url = new URL(`http://${parts[2]}`);
    explicitPort = url.port || new URL(`https://${parts[2]}`).port;
  } catch {
    return "it cannot be parsed";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || /[?#]/.test(parts[2]))
    return "it must end after the host and port";
  const port = explicitPort === "" ? defaultPorts[protocol] : Number(explicitPort);
  if (port === 0) return "the port must be 1 to 65535";
  let credentials: { username: string; password: string };
  try {
    const { username, password } = url;
    credentials = {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    };
  } catch {
    return "the user information is not valid percent-encoded UTF-8";
  }
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return checkCredentials(protocol, credentials) ?? { protocol, hostname, port, ...credentials };
}

/** Returns why the protocol cannot carry the user information, if so. */
function checkCredentials(
  protocol: ProxyUrl["protocol"],
  { username, password }: Pick<ProxyUrl, "username" | "password">,
): string | undefined {
  if (protocol !== "socks5") {
    // A colon separates the two in basic credentials (RFC 7617 section 2).
    return username.includes(":") ? "the user name has a colon" : undefined;
  }
  if (username === "" && password !== "") return "SOCKS needs a user name for the password";
  const isShort = (text: string) => utf8Length(text) <= maxSocksCredential;
  if (isShort(username) && isShort(password)) return undefined;
  return `SOCKS takes at most ${maxSocksCredential} bytes of user name and of password`;
}
