import type { HandshakeError } from "@framewright/codec";
import type { WebSocketUrl } from "@framewright/codec/handshake";
import { encodeLatin1, utf8Length, writeUtf8 } from "@framewright/codec/internal";
import { parseAddress } from "./ip-address.ts";
import {
  incompleteAnswer,
  invalidAnswer,
  type ProxyDialogue,
  proxyError,
} from "./proxy-dialogue.ts";
import type { ProxyUrl } from "./proxy-url.ts";

const version = 5;
/** The version of the negotiation of user name and password (RFC 1929 section 2). */
const passwordVersion = 1;
/** Methods of authentication (RFC 1928 section 3). */
const Method = { None: 0, Password: 2, NoneAcceptable: 0xff } as const;
/** Types of addresses (RFC 1928 section 5). */
const AddressType = { Ipv4: 1, Name: 3, Ipv6: 4 } as const;

/** Why a proxy does not connect, by the code of its reply (RFC 1928 section 6). */
const replies = [
  "",
  "a general failure",
  "its rules do not allow the connection",
  "the network is unreachable",
  "the host is unreachable",
  "the server refused the connection",
  "the time to live expired",
  "it does not support CONNECT",
  "it does not support the type of the address",
];

/** The longest host name in bytes that a request can carry. */
export const maxSocksHostLength = 255;

/** Parts of the proxy's answer, in their order. */
type Part = "method" | "password" | "reply" | "address" | "done";

/**
 * Asks a SOCKS5 proxy to connect (RFC 1928), with a user name and password if its URL has them (RFC
 * 1929). The proxy resolves host names. Holds at most 262 bytes.
 */
export class Socks5 implements ProxyDialogue {
  output: Uint8Array | undefined;
  error: HandshakeError | undefined = undefined;
  readonly isReadingBody = false;
  private readonly server: Pick<WebSocketUrl, "hostname" | "port">;
  private readonly proxy: ProxyUrl;
  private part: Part = "method";
  /** The bytes of `part`, of which `filled` were received. */
  private bytes = new Uint8Array(2);
  private filled = 0;

  constructor(server: Pick<WebSocketUrl, "hostname" | "port">, proxy: ProxyUrl) {
    this.server = server;
    this.proxy = proxy;
    this.output =
      proxy.username === ""
        ? Uint8Array.of(version, 1, Method.None)
        : Uint8Array.of(version, 2, Method.None, Method.Password);
  }

  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(this.bytes.length - this.filled, bytes.length - at);
      this.bytes.set(bytes.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
      this.error = this.checkStart();
      if (this.error === undefined && this.filled === this.bytes.length) {
        this.error = this.takePart();
        // Nothing may follow these parts before the proxy has received what they ask for.
        if (this.error === undefined && this.output !== undefined && at < bytes.length)
          this.error = invalidAnswer("it has bytes that were not asked for");
      }
      if (this.error !== undefined || this.part === "done") return at;
    }
    return -1;
  }

  end(): HandshakeError {
    return this.error ?? incompleteAnswer();
  }

  /** Checks the first bytes before the others are here, which may never come. */
  private checkStart(): HandshakeError | undefined {
    if (this.part === "address") return undefined;
    const expected = this.part === "password" ? passwordVersion : version;
    const [actual, reply] = this.bytes;
    if (actual !== expected) {
      return invalidAnswer(`its version is ${actual} instead of ${expected}`);
    }
    // Bytes that were not received are 0.
    if (this.part !== "reply" || reply === 0) return undefined;
    const reason = replies[reply] ?? `reply ${reply}`;
    return proxyError("WS_ERR_PROXY_REFUSED", `the proxy cannot connect: ${reason}`);
  }

  /** Takes a complete part, and starts the next one. Returns its fault, if any. */
  private takePart(): HandshakeError | undefined {
    switch (this.part) {
      case "method":
        return this.takeMethod(this.bytes[1]);
      case "password":
        if (this.bytes[1] !== 0) return denied("does not accept the user name and password");
        return this.sendRequest();
      case "reply":
        return this.takeReply();
      default:
        this.part = "done";
        return undefined;
    }
  }

  private takeMethod(method: number): HandshakeError | undefined {
    const hasPassword = this.proxy.username !== "";
    if (method === Method.None) return this.sendRequest();
    if (method === Method.Password && hasPassword) {
      this.output = encodePassword(this.proxy);
      return this.expect("password", 2);
    }
    if (method === Method.NoneAcceptable) {
      return denied(hasPassword ? "accepts no user name and password" : "demands authentication");
    }
    return invalidAnswer(`it chose the authentication method ${method}, which was not offered`);
  }

  private sendRequest(): undefined {
    this.output = encodeRequest(this.server);
    // The version, the reply, a reserved byte, the type of the address and its first byte.
    return this.expect("reply", 5);
  }

  private takeReply(): HandshakeError | undefined {
    const [, , , type, first] = this.bytes;
    const length = type === AddressType.Ipv4 ? 4 : type === AddressType.Ipv6 ? 16 : 1 + first;
    if (type !== AddressType.Ipv4 && type !== AddressType.Ipv6 && type !== AddressType.Name)
      return invalidAnswer(`its address has the unknown type ${type}`);
    // The rest of the address, and a port. Neither is needed.
    return this.expect("address", length - 1 + 2);
  }

  private expect(part: Part, length: number): undefined {
    this.part = part;
    this.bytes = new Uint8Array(length);
    this.filled = 0;
  }
}

function denied(what: string): HandshakeError {
  return proxyError("WS_ERR_PROXY_AUTHENTICATION", `the proxy ${what}`);
}

function encodePassword({ username, password }: ProxyUrl): Uint8Array {
  const nameLength = utf8Length(username);
  const passwordLength = utf8Length(password);
  const bytes = new Uint8Array(3 + nameLength + passwordLength);
  bytes[0] = passwordVersion;
  bytes[1] = nameLength;
  writeUtf8(username, bytes, 2);
  bytes[2 + nameLength] = passwordLength;
  writeUtf8(password, bytes, 3 + nameLength);
  return bytes;
}

function encodeRequest({ hostname, port }: Pick<WebSocketUrl, "hostname" | "port">): Uint8Array {
  const address = parseAddress(hostname);
  const encoded =
    address === undefined
      ? [AddressType.Name, hostname.length, ...encodeLatin1(hostname)]
      : [address.length === 4 ? AddressType.Ipv4 : AddressType.Ipv6, ...address];
  return Uint8Array.of(version, 1, 0, ...encoded, port >> 8, port & 0xff);
}
